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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredState", into = "StoredState")]
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

/// The stored form: the day and the three batches, in a list, because keys would take as many bytes again.
type StoredState = (u32, PostingBatch, PostingBatch, PostingBatch);

impl From<Indexed> for StoredState {
    fn from(Indexed { until, first_seen, count, users }: Indexed) -> Self {
        (until, first_seen, count, users)
    }
}

impl From<StoredState> for Indexed {
    fn from((until, first_seen, count, users): StoredState) -> Self {
        Self { until, first_seen, count, users }
    }
}
