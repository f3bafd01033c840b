use std::collections::HashSet;

use async_trait::async_trait;
use model::time::Timestamp;

use super::Backlog;
use crate::error::Result;

/// The messages that could not be processed, however often they were delivered.
#[async_trait]
pub trait DeadLetters: Backlog {
    /// At most `limit` of them, in any order. Two callers at once may each see a part only: a queue lends its messages
    /// to one reader at a time.
    async fn list(&self, limit: usize) -> Result<Vec<DeadLetter>>;

    /// Whether they can be redriven from here. In AWS query cannot: it may not write into the inbox.
    fn can_redrive(&self) -> bool;

    /// Puts those of these ids, or all, back into the inbox, looking at `limit` at the most; returns how many. Each is in the
    /// inbox before it is removed here: one that fails in between is in both, and is counted once.
    async fn redrive(&self, ids: Option<&HashSet<String>>, limit: usize) -> Result<usize>;
}

/// A message that could not be processed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// The queue's id of it, by which [`Failures`](super::Failures) and the processor's log say why it failed.
    pub id: String,
    /// Its text, as it was in the inbox.
    pub text: String,
    /// When it was sent.
    pub sent_at: Timestamp,
}
