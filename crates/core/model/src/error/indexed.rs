use std::fmt;

use serde::{Deserialize, Serialize};

/// Identifies postings that were written together, by 32 random bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PostingBatch(pub u32);

impl PostingBatch {
    /// Creates one from these random bits. It is never 0, because 0 comes before all batches of an order.
    pub fn of_random(random: u128) -> Self {
        Self((random as u32).max(1))
    }
}

/// The state of an error's postings in the search index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Indexed {
    /// The day, counted from 1970-01-01, on which the first of its postings expires. If the error is to live longer,
    /// all of them are written again.
    pub until: u32,
    /// The batch with its position in the order of first occurrence.
    pub first_seen: PostingBatch,
    /// The batch with its position in the order of counts.
    pub count: PostingBatch,
    /// The batch with its position in the order of users.
    pub users: PostingBatch,
}

/// The text is not the text form of [`Indexed`].
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not the state of an error's postings: it must be a day and three batches in hexadecimal")]
pub struct BadIndexed(String);

impl Indexed {
    /// Parses the text form.
    pub fn parse(text: &str) -> Result<Self, BadIndexed> {
        let parsed = || {
            let (day, batches) = text.split_once(' ')?;
            let mut batches = batches.split(' ').map(|batch| u32::from_str_radix(batch, 16).ok().map(PostingBatch));
            let indexed = Self {
                until: day.parse().ok()?,
                first_seen: batches.next()??,
                count: batches.next()??,
                users: batches.next()??,
            };
            batches.next().is_none().then_some(indexed)
        };
        parsed().ok_or_else(|| BadIndexed(text.chars().take(80).collect()))
    }
}

/// The text form: the day in decimal, then the batches in hexadecimal.
impl fmt::Display for Indexed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            until,
            first_seen: PostingBatch(first_seen),
            count: PostingBatch(count),
            users: PostingBatch(users),
        } = self;
        write!(f, "{until} {first_seen:x} {count:x} {users:x}")
    }
}
