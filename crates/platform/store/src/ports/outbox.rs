use std::collections::{HashSet, VecDeque};

use async_trait::async_trait;
use model::error::ErrorAggregate;
use model::time::Timestamp;
use rules::lane::{Lane, LaneId};

use super::DeadLetter;
use crate::error::Result;

/// Notifications that are decided and not yet delivered.
#[async_trait]
pub trait Outbox: Send + Sync {
    async fn lane(&self, id: &LaneId) -> Result<Option<Lane>>;

    /// Writes a lane and returns its new state. The lane expires after `expires_at` unless it is written again. Returns
    /// a [`Conflict`](crate::Kind::Conflict) if somebody else wrote the lane after it was read.
    async fn save(&self, lane: Lane, expires_at: Timestamp) -> Result<Lane>;

    /// Returns at most `limit` lanes with notifications due at `now`, the longest overdue first. The index is
    /// eventually consistent, so it may include a lane that was sent a moment ago.
    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<LaneId>>;
}

/// The issues of errors in issue trackers.
#[async_trait]
pub trait Links: Send + Sync {
    /// Records the issue of an error at a destination. Returns a [`Conflict`](crate::Kind::Conflict) if the error is
    /// gone or has a new incarnation.
    async fn link(&self, error: &ErrorAggregate, destination: &str, link: &model::error::Link) -> Result<()>;
}

/// The dead-letter queue of notifications: those that could not be delivered, however often it was tried.
#[async_trait]
pub trait Undelivered: Send + Sync {
    /// Stores a dead letter. When this returns, it is durable.
    async fn keep(&self, text: String) -> Result<()>;

    /// Receives some dead letters that nobody else holds. Nobody else receives them for half a minute. Empty if there
    /// are no more.
    async fn receive(&self) -> Result<Vec<ReceivedLetter>>;

    async fn remove(&self, received: &ReceivedLetter) -> Result<()>;

    /// Releases a dead letter, so that others can receive it at once.
    async fn release(&self, received: &ReceivedLetter) -> Result<()>;
}

/// One scan over the dead letters that nobody else holds. [`finish`](Self::finish) releases all that were not removed.
pub struct DeadLetterScan<'a> {
    letters: &'a dyn Undelivered,
    /// Letters that were received but not yet returned by [`next`](Self::next).
    waiting: VecDeque<ReceivedLetter>,
    /// Letters to release at the end. If they were released at once, the scan would receive them again.
    kept: Vec<ReceivedLetter>,
    seen: HashSet<String>,
}

impl<'a> DeadLetterScan<'a> {
    pub fn new(letters: &'a dyn Undelivered) -> Self {
        Self { letters, waiting: VecDeque::new(), kept: Vec::new(), seen: HashSet::new() }
    }

    /// Returns the next letter, or `None` at the end and after `limit` letters.
    pub async fn next(&mut self, limit: usize) -> Result<Option<ReceivedLetter>> {
        if self.seen.len() >= limit {
            return Ok(None);
        }
        if self.waiting.is_empty() {
            self.waiting.extend(self.letters.receive().await?);
        }
        let next = self.waiting.pop_front();
        // A letter that comes a second time was received longer ago than its visibility timeout: the scan is complete.
        Ok(next.filter(|received| self.seen.insert(received.letter.id.clone())))
    }

    /// Keeps a letter in the queue.
    pub fn keep(&mut self, received: ReceivedLetter) {
        self.kept.push(received);
    }

    /// Releases the letters that were kept, and those that were not looked at.
    pub async fn finish(self) -> Result<()> {
        for received in self.kept.iter().chain(&self.waiting) {
            self.letters.release(received).await?;
        }
        Ok(())
    }
}

/// A dead letter that this reader holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedLetter {
    pub letter: DeadLetter,
    /// The queue's receipt handle.
    pub(crate) receipt: String,
}
