use async_trait::async_trait;
use formats::event_index::{BlockId, Bucket, Entries, EventLocation};
use model::id::{EventHash, ProjectId};
use model::time::Timestamp;

use super::Page;
use crate::error::Result;

/// Finds the references of events by event id alone. The answers are hints: a reader has to check them.
#[async_trait]
pub trait EventIndex: Send + Sync {
    /// Writes entries without a transaction. After a partial failure all of them may be written again.
    async fn enter(&self, project: ProjectId, entries: &Entries, entered: Entered) -> Result<()>;

    /// Returns at most `limit` locations of an event that has index entries of its own, newest reference first.
    async fn locations(&self, project: ProjectId, event: EventHash, limit: usize) -> Result<Vec<EventLocation>>;

    /// Returns the locations that `event` may have according to the blocks of a bucket, newest first. Reads at most
    /// `limit` blocks (or 1 MiB of them) that were written before `before`.
    async fn locations_in(
        &self,
        project: ProjectId,
        event: EventHash,
        bucket: Bucket,
        before: Option<BlockId>,
        limit: usize,
    ) -> Result<Page<EventLocation, BlockId>>;
}

/// When index entries are written, and the random part of their block ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entered {
    pub at: Timestamp,
    /// Distinguishes blocks that are written at the same moment.
    pub random: u128,
    /// When the entries may be removed.
    pub expires_at: Timestamp,
}
