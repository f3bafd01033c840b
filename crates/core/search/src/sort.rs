use std::fmt;

use super::Step;
use super::term::{Term, slot};
use model::error::{ErrorAggregate, Indexed, PostingBatch};
use serde::{Deserialize, Serialize};

/// What a list of errors is ordered by, the most first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Sort {
    /// The time of the latest occurrence.
    #[default]
    LastSeen,
    /// The time of the earliest occurrence.
    FirstSeen,
    /// How many occurrences there were.
    Count,
    /// How many users met it, as far as is known.
    Users,
}

/// The word is no order.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is no order of errors: use `lastSeen`, `firstSeen`, `count` or `users`")]
pub struct BadSort(String);

impl Sort {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::LastSeen, Self::FirstSeen, Self::Count, Self::Users];

    /// From its word.
    pub fn parse(word: &str) -> Result<Self, BadSort> {
        let found = Self::ALL.into_iter().find(|sort| sort.as_str() == word);
        found.ok_or_else(|| BadSort(word.chars().take(80).collect()))
    }

    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LastSeen => "lastSeen",
            Self::FirstSeen => "firstSeen",
            Self::Count => "count",
            Self::Users => "users",
        }
    }

    /// What `error` is ordered by: microseconds, or a number.
    pub fn value(self, error: &ErrorAggregate) -> u64 {
        match self {
            Self::LastSeen => error.last_seen.micros().unsigned_abs(),
            Self::FirstSeen => error.first_seen.micros().unsigned_abs(),
            Self::Count => error.count,
            Self::Users => error.users.count(),
        }
    }

    /// The place in the order of whatever has this value: across pages errors are ordered by it.
    pub fn order(self, value: u64) -> u32 {
        match self {
            Self::LastSeen | Self::FirstSeen => slot((value / 1_000_000) as i64),
            Self::Count | Self::Users => Step::of(value).number().into(),
        }
    }

    /// The term under which all errors are posted in this order. The time of the latest occurrence has none: it changes
    /// all the time, and is what the table's index is about.
    pub fn term(self) -> Option<Term> {
        match self {
            Self::LastSeen => None,
            Self::FirstSeen => Some(Term::FirstSeen(0)),
            Self::Count => Some(Term::Count(Step::of(0))),
            Self::Users => Some(Term::Users(Step::of(0))),
        }
    }

    /// Whether a posting that `batch` made is the one that says where `error` stands.
    pub fn stands(self, error: &ErrorAggregate, batch: PostingBatch) -> bool {
        let posted_by = |of: fn(&Indexed) -> PostingBatch| error.indexed.as_ref().map(of) == Some(batch);
        match self {
            // No posting says so, but the index itself; also of an error that an older version wrote.
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
