use async_trait::async_trait;
use model::error::PostingBatch;
use model::id::{Fingerprint, ProjectId};
use search::{Block, TermHash};
use serde::{Deserialize, Serialize};

use super::Page;
use crate::error::Result;

/// Finds errors by their terms. A posting describes the error at the time it was posted, so readers must check the
/// error itself.
#[async_trait]
pub trait SearchIndex: Send + Sync {
    /// Writes these blocks. When this returns, their postings can be found. Repeating it changes nothing.
    async fn post(&self, blocks: &[Block]) -> Result<()>;

    /// Returns at most `limit` postings of a term that follow `after`: highest order first, and by batch within one
    /// order. An error that was posted several times is listed several times.
    async fn list(
        &self,
        project: ProjectId,
        term: TermHash,
        after: Option<&PostingPosition>,
        limit: usize,
    ) -> Result<Page<StoredPosting, PostingPosition>>;
}

/// A posting, and its position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPosting {
    pub fingerprint: Fingerprint,
    /// The position in the term's list.
    pub position: PostingPosition,
}

/// A position in the list of a term.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostingPosition {
    /// The order of the error among those with the term.
    pub order: u32,
    /// The batch that posted it.
    pub batch: PostingBatch,
    pub(crate) chunk: u16,
    pub(crate) at: u16,
}

impl PostingPosition {
    /// The position before all postings of this order, and after all of higher orders.
    pub fn above(order: u32) -> Self {
        // No batch has the number 0.
        Self { order: order.saturating_add(1), batch: PostingBatch(0), chunk: 0, at: u16::MAX }
    }
}
