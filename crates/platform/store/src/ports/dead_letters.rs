use std::collections::HashSet;

use async_trait::async_trait;
use model::time::Timestamp;

use super::Backlog;
use crate::error::Result;

/// Messages that could not be processed, however often they were delivered.
#[async_trait]
pub trait DeadLetters: Backlog {
    /// Returns at most `limit` dead letters, in no particular order. Two concurrent callers may each see only a part:
    /// SQS delivers a message to one reader at a time.
    async fn list(&self, limit: usize) -> Result<Vec<DeadLetter>>;

    /// Whether dead letters can be redriven from this process. On AWS, `query` cannot: it may not write to the inbox.
    fn can_redrive(&self) -> bool;

    /// Puts the dead letters with these ids back into the inbox, looking at no more than `limit`. Returns how many were
    /// moved. Each is written to the inbox before it is removed here, so a failure in between leaves it in both; its
    /// events are still counted once.
    async fn redrive(&self, ids: &HashSet<String>, limit: usize) -> Result<u64>;

    /// Lets the queue put all dead letters back into the inbox, and waits a few seconds for it. If it is already doing
    /// that, this only waits.
    async fn redrive_all(&self) -> Result<MoveProgress>;
}

/// How far a queue is with moving all its messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MoveProgress {
    /// The approximate number of messages that were moved so far.
    pub moved: u64,
    /// Whether there is more to move.
    pub is_running: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// The message id of the queue. [`Failures`](super::Failures) and the processor's log use it to say why the message
    /// failed.
    pub id: String,
    /// The text, as it was in the inbox.
    pub text: String,
    pub sent_at: Timestamp,
}
