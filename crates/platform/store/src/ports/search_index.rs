use async_trait::async_trait;
use model::error::PostingBatch;
use model::id::{Fingerprint, ProjectId};
use search::{Block, TermHash};
use serde::{Deserialize, Serialize};

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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostingPosition {
    /// Where the error stands among those with the term.
    pub order: u32,
    /// Who posted it.
    pub batch: PostingBatch,
    pub(crate) chunk: u16,
    pub(crate) at: u16,
}

impl PostingPosition {
    /// Before all postings of this order, and behind all of a higher one.
    pub fn above(order: u32) -> Self {
        // No batch is 0.
        Self { order: order.saturating_add(1), batch: PostingBatch(0), chunk: 0, at: u16::MAX }
    }
}
