use std::fmt;

use super::Step;
use super::term::{Term, slot};
use model::error::{ErrorAggregate, Indexed, PostingBatch};
use serde::{Deserialize, Serialize};

/// The order of a list of errors, greatest or newest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Sort {
    /// The time of the latest occurrence.
    #[default]
    LastSeen,
    /// The time of the earliest occurrence.
    FirstSeen,
    /// The number of occurrences.
    Count,
    /// The approximate number of affected users.
    Users,
}

/// The word is not a sort order.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not a sort order: use `lastSeen`, `firstSeen`, `count` or `users`")]
pub struct BadSort(String);

impl Sort {
    pub const ALL: [Self; 4] = [Self::LastSeen, Self::FirstSeen, Self::Count, Self::Users];

    pub fn parse(word: &str) -> Result<Self, BadSort> {
        let found = Self::ALL.into_iter().find(|sort| sort.as_str() == word);
        found.ok_or_else(|| BadSort(word.chars().take(80).collect()))
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::LastSeen => "lastSeen",
            Self::FirstSeen => "firstSeen",
            Self::Count => "count",
            Self::Users => "users",
        }
    }

    /// The value of `error` in this order: microseconds, or a count.
    pub fn value(self, error: &ErrorAggregate) -> u64 {
        match self {
            Self::LastSeen => error.last_seen.micros().unsigned_abs(),
            Self::FirstSeen => error.first_seen.micros().unsigned_abs(),
            Self::Count => error.count,
            Self::Users => error.users.count(),
        }
    }

    /// The position of a value in this order. Across pages, errors are ordered by it.
    pub fn order(self, value: u64) -> u32 {
        match self {
            Self::LastSeen | Self::FirstSeen => slot((value / 1_000_000) as i64),
            Self::Count | Self::Users => Step::of(value).number().into(),
        }
    }

    /// The term under which all errors are posted in this order. There is none for the time of the latest occurrence:
    /// it changes all the time, and the table has an index for it.
    pub fn term(self) -> Option<Term> {
        match self {
            Self::LastSeen => None,
            Self::FirstSeen => Some(Term::FirstSeen(0)),
            Self::Count => Some(Term::Count(Step::of(0))),
            Self::Users => Some(Term::Users(Step::of(0))),
        }
    }

    /// Whether a posting by `batch` is the one with the current position of `error`.
    pub fn stands(self, error: &ErrorAggregate, batch: PostingBatch) -> bool {
        let posted_by = |of: fn(&Indexed) -> PostingBatch| error.indexed.as_ref().map(of) == Some(batch);
        match self {
            // The table's index has the position, not a posting.
            Self::LastSeen => true,
            Self::FirstSeen => posted_by(|indexed| indexed.first_seen),
            Self::Count => posted_by(|indexed| indexed.count),
            Self::Users => posted_by(|indexed| indexed.users),
        }
    }
}

impl fmt::Display for Sort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
