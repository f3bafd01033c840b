use std::fmt;

use serde::{Deserialize, Serialize};

/// Postings that were made together, by a number of 32 random bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PostingBatch(pub u32);

impl PostingBatch {
    /// One of these random bits; never 0, which stands before all batches of an order.
    pub fn of_random(random: u128) -> Self {
        Self((random as u32).max(1))
    }
}

/// What an error keeps of its postings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Indexed {
    /// The day since 1970 on which the first of its postings expires. If it is to live for longer, all are made again.
    pub until: u32,
    /// The batch that posted where it stands in the order of first seen.
    pub first_seen: PostingBatch,
    /// The same, in the order of counts.
    pub count: PostingBatch,
    /// The same, in the order of users.
    pub users: PostingBatch,
}

/// The text is not what an error keeps of its postings.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` does not say what is posted of an error: it must be a day and three batches in hexadecimal")]
pub struct BadIndexed(String);

impl Indexed {
    /// From the text form.
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

/// The text form: the day, and the batches in hexadecimal.
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
