use std::collections::{HashSet, VecDeque};

use async_trait::async_trait;
use model::error::ErrorAggregate;
use model::time::Timestamp;
use rules::lane::{Lane, LaneId};

use super::DeadLetter;
use crate::error::Result;

/// What is yet to be told.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// The lane of this name.
    async fn lane(&self, id: &LaneId) -> Result<Option<Lane>>;

    /// Writes a lane, to be forgotten after `expires_at` unless it is written again. A lane that somebody else wrote
    /// since it was read is a [`Conflict`](crate::Kind::Conflict). Returns it as it is then.
    async fn save(&self, lane: Lane, expires_at: Timestamp) -> Result<Lane>;

    /// At most `limit` lanes in which something was due at `now`, the longest due first. Eventually consistent, as the
    /// index is: one that was just sent may still be named.
    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<LaneId>>;
}

/// What an error is called elsewhere.
#[async_trait]
pub trait Links: Send + Sync {
    /// Notes the issue that an error has at a destination. An error that is gone, or has begun another incarnation, is a
    /// [`Conflict`](crate::Kind::Conflict).
    async fn link(&self, error: &ErrorAggregate, destination: &str, link: &model::error::Link) -> Result<()>;
}

/// What could not be told, however often it was tried.
#[async_trait]
pub trait Undelivered: Send + Sync {
    /// Keeps a letter; when this returns it is durable.
    async fn keep(&self, text: String) -> Result<()>;

    /// Some letters that nobody else has, lent for half a minute; none if there are no more.
    async fn lend(&self) -> Result<Vec<Lent>>;

    /// Removes a letter for good.
    async fn remove(&self, lent: &Lent) -> Result<()>;

    /// Gives a letter back, to be seen by others at once.
    async fn give_back(&self, lent: &Lent) -> Result<()>;
}

/// One round over the letters that nobody else has. Who ends it gives back what is left of it.
pub struct Round<'a> {
    letters: &'a dyn Undelivered,
    /// Lent out, and yet to be looked at.
    waiting: VecDeque<Lent>,
    /// To be given back at the end: at once they would come round again.
    left: Vec<Lent>,
    seen: HashSet<String>,
}

impl<'a> Round<'a> {
    /// Over all of `letters`.
    pub fn over(letters: &'a dyn Undelivered) -> Self {
        Self { letters, waiting: VecDeque::new(), left: Vec::new(), seen: HashSet::new() }
    }

    /// The next letter; `None` at the end of the round, and after `most` letters.
    pub async fn next(&mut self, most: usize) -> Result<Option<Lent>> {
        if self.seen.len() >= most {
            return Ok(None);
        }
        if self.waiting.is_empty() {
            self.waiting.extend(self.letters.lend().await?);
        }
        let next = self.waiting.pop_front();
        // One that comes again was lent out for longer than the round took: it has come to its end.
        Ok(next.filter(|lent| self.seen.insert(lent.letter.id.clone())))
    }

    /// Leaves a letter where it is.
    pub fn leave(&mut self, lent: Lent) {
        self.left.push(lent);
    }

    /// Gives back what was left, and what was not looked at.
    pub async fn end(self) -> Result<()> {
        for lent in self.left.iter().chain(&self.waiting) {
            self.letters.give_back(lent).await?;
        }
        Ok(())
    }
}

/// A dead letter that is lent to one reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lent {
    /// The letter.
    pub letter: DeadLetter,
    /// The queue's word for this loan.
    pub(crate) receipt: String,
}
