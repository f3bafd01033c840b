use std::collections::{BTreeMap, HashSet};

use async_trait::async_trait;
use model::error::PostingBatch;
use model::id::{Fingerprint, ProjectId};
use search::{Posting, TermHash};
use serde::{Deserialize, Serialize};

use super::Page;
use crate::error::Result;

/// Finds errors by their terms. A posting describes the error at the time it was posted, so readers must check the
/// error itself.
#[async_trait]
pub trait SearchIndex: Send + Sync {
    /// Writes these postings. When this returns, they can be found. Repeating it changes nothing. Returns by how many
    /// bytes the trees of the projects grew, which says when they should be compacted.
    async fn post(&self, batch: PostingBatch, postings: &[Posting]) -> Result<BTreeMap<ProjectId, usize>>;

    /// Returns at most `limit` postings of an order that follow `after`: highest position first, and by batch within one
    /// position. An error that was posted several times is listed several times.
    async fn list(
        &self,
        project: ProjectId,
        order: TermHash,
        after: Option<&PostingPosition>,
        limit: usize,
    ) -> Result<Page<StoredPosting, PostingPosition>>;

    /// Returns the errors that were posted under each of these terms, which are not orders; `None` if there are more
    /// than `limit`.
    async fn find(
        &self,
        project: ProjectId,
        terms: &[TermHash],
        limit: usize,
    ) -> Result<Vec<Option<HashSet<Fingerprint>>>>;

    /// Moves postings of the project down its tree until no node is full, so that searches read little. Each posting can
    /// be found at any time, also if this stops halfway.
    async fn compact(&self, project: ProjectId) -> Result<()>;
}

/// A posting, and its position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPosting {
    pub fingerprint: Fingerprint,
    /// The position in the order.
    pub position: PostingPosition,
}

/// A position in an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostingPosition {
    /// The position of the error in the order.
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
