use async_trait::async_trait;
use formats::event_index::{BlockId, Bucket, Entries, EventLocation};
use model::id::{EventHash, ProjectId};
use model::time::Timestamp;

use super::Page;
use crate::error::Result;

/// Where events are, by nothing but their ids: hints that a reader has to check.
#[async_trait]
pub trait EventIndex: Send + Sync {
    /// Writes entries down, in no transaction: what fails in part may be entered again as a whole.
    async fn enter(&self, project: ProjectId, entries: &Entries, entered: Entered) -> Result<()>;

    /// At most `limit` locations of an event that has entries of its own, the newest reference first.
    async fn locations(&self, project: ProjectId, event: EventHash, limit: usize) -> Result<Vec<EventLocation>>;

    /// The locations where `event` may be by at most `limit` blocks of a bucket (or 1 MiB of them) that were written
    /// before `before`, newest first.
    async fn locations_in(
        &self,
        project: ProjectId,
        event: EventHash,
        bucket: Bucket,
        before: Option<BlockId>,
        limit: usize,
    ) -> Result<Page<EventLocation, BlockId>>;
}

/// When entries are written down, and what tells them from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entered {
    /// When they are written.
    pub at: Timestamp,
    /// What tells their blocks from others of the same moment.
    pub random: u128,
    /// When they may be removed.
    pub expires_at: Timestamp,
}
