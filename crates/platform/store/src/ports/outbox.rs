use std::collections::{HashSet, VecDeque};

use async_trait::async_trait;
use model::error::ErrorAggregate;
use model::time::Timestamp;
use rules::lane::{Lane, LaneId};

use super::DeadLetter;
use crate::error::Result;

/// The notifications that are still to be sent.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// The lane of this name.
    async fn lane(&self, id: &LaneId) -> Result<Option<Lane>>;

    /// Writes a lane, to be forgotten after `expires_at` unless it is written again. A lane that somebody else wrote
    /// since it was read is a [`Conflict`](crate::Kind::Conflict). Returns it as it is then.
    async fn save(&self, lane: Lane, expires_at: Timestamp) -> Result<Lane>;

    /// At limit `limit` lanes in which something was due at `now`, the longest due first. Eventually consistent, as the
    /// index is: one that was just sent may still be named.
    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<LaneId>>;
}

/// The issues of errors in trackers.
#[async_trait]
pub trait Links: Send + Sync {
    /// Notes the issue that an error has at a destination. An error that is gone, or has begun another incarnation, is a
    /// [`Conflict`](crate::Kind::Conflict).
    async fn link(&self, error: &ErrorAggregate, destination: &str, link: &model::error::Link) -> Result<()>;
}

/// The dead-letter queue of notifications: those that failed, however often they were tried.
#[async_trait]
pub trait Undelivered: Send + Sync {
    /// Keeps a letter; when this returns it is durable.
    async fn keep(&self, text: String) -> Result<()>;

    /// Some letters that nobody else has received; nobody else receives them for half a minute. None if there are no more.
    async fn receive(&self) -> Result<Vec<ReceivedLetter>>;

    /// Removes a letter for good.
    async fn remove(&self, received: &ReceivedLetter) -> Result<()>;

    /// Releases a letter: others can receive it at once.
    async fn release(&self, received: &ReceivedLetter) -> Result<()>;
}

/// One scan of the letters that nobody else has received. [`finish`](Self::finish) releases what was not removed.
pub struct DeadLetterScan<'a> {
    letters: &'a dyn Undelivered,
    /// ReceivedLetter out, and yet to be looked at.
    waiting: VecDeque<ReceivedLetter>,
    /// To be released at the end: released at once, they would be received again.
    kept: Vec<ReceivedLetter>,
    seen: HashSet<String>,
}

impl<'a> DeadLetterScan<'a> {
    /// Over all of `letters`.
    pub fn new(letters: &'a dyn Undelivered) -> Self {
        Self { letters, waiting: VecDeque::new(), kept: Vec::new(), seen: HashSet::new() }
    }

    /// The next letter; `None` at the end, and after `limit` letters.
    pub async fn next(&mut self, limit: usize) -> Result<Option<ReceivedLetter>> {
        if self.seen.len() >= limit {
            return Ok(None);
        }
        if self.waiting.is_empty() {
            self.waiting.extend(self.letters.receive().await?);
        }
        let next = self.waiting.pop_front();
        // One that comes again was received longer ago than its time-out: the scan is complete.
        Ok(next.filter(|received| self.seen.insert(received.letter.id.clone())))
    }

    /// Keeps a letter in the queue.
    pub fn keep(&mut self, received: ReceivedLetter) {
        self.kept.push(received);
    }

    /// Releases what was kept, and what was not looked at.
    pub async fn finish(self) -> Result<()> {
        for received in self.kept.iter().chain(&self.waiting) {
            self.letters.release(received).await?;
        }
        Ok(())
    }
}

/// A dead letter that is received by one reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedLetter {
    /// The letter.
    pub letter: DeadLetter,
    /// The queue's receipt handle.
    pub(crate) receipt: String,
}
