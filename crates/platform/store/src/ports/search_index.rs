use std::fmt;

use async_trait::async_trait;
use model::error::PostingBatch;
use model::id::{Fingerprint, ProjectId};
use search::{Block, TermHash};

use super::Page;
use crate::error::Result;

/// By which terms errors can be found. What it says of an error was so when it was posted: whoever reads it asks the
/// error itself.
#[async_trait]
pub trait SearchIndex: Send + Sync {
    /// Writes these blocks; when this returns they are found. Repeating it changes nothing.
    async fn post(&self, blocks: &[Block]) -> Result<()>;

    /// At most `limit` postings of a term that follow `after`: the highest order first, those of one order by their
    /// batches. An error that was posted several times is there several times.
    async fn list(
        &self,
        project: ProjectId,
        term: TermHash,
        after: Option<&PostingPosition>,
        limit: usize,
    ) -> Result<Page<StoredPosting, PostingPosition>>;
}

/// A posting, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPosting {
    /// The error.
    pub fingerprint: Fingerprint,
    /// Its position in the term's list.
    pub position: PostingPosition,
}

/// A position in the list of a term.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostingPosition {
    /// Where the error stands among those with the term.
    pub order: u32,
    /// Who posted it.
    pub batch: PostingBatch,
    pub(crate) chunk: u16,
    pub(crate) at: u16,
}

/// The text is not a position.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not a place in a list: it must be an order, a batch, a block and a number")]
pub struct BadPostingPosition(String);

impl PostingPosition {
    /// Before all postings of this order, and behind all of a higher one.
    pub fn above(order: u32) -> Self {
        // No batch is 0.
        Self { order: order.saturating_add(1), batch: PostingBatch(0), chunk: 0, at: u16::MAX }
    }

    /// From the text form.
    pub fn parse(text: &str) -> std::result::Result<Self, BadPostingPosition> {
        text.parse()
    }
}

impl std::str::FromStr for PostingPosition {
    type Err = BadPostingPosition;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        let parsed = || {
            let mut parts = text.split('-');
            let position = Self {
                order: parts.next()?.parse().ok()?,
                batch: PostingBatch(u32::from_str_radix(parts.next()?, 16).ok()?),
                chunk: u16::from_str_radix(parts.next()?, 16).ok()?,
                at: parts.next()?.parse().ok()?,
            };
            parts.next().is_none().then_some(position)
        };
        parsed().ok_or_else(|| BadPostingPosition(text.chars().take(80).collect()))
    }
}

impl fmt::Display for PostingPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { order, batch: PostingBatch(batch), chunk, at } = self;
        write!(f, "{order}-{batch:x}-{chunk:x}-{at}")
    }
}
