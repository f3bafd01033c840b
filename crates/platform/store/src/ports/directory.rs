use async_trait::async_trait;
use formats::directory::{BlockId, Bucket, Entries, Place};
use model::id::{EventHash, ProjectId};
use model::time::Timestamp;

use super::Page;
use crate::error::Result;

/// Where events are, by nothing but their ids: hints that a reader has to check.
#[async_trait]
pub trait Directory: Send + Sync {
    /// Writes entries down, in no transaction: what fails in part may be entered again as a whole.
    async fn enter(&self, project: ProjectId, entries: &Entries, entered: Entered) -> Result<()>;

    /// At most `limit` places of an event that has entries of its own, the newest reference first.
    async fn places(&self, project: ProjectId, event: EventHash, limit: usize) -> Result<Vec<Place>>;

    /// The places where `event` may be by at most `limit` blocks of a bucket (or 1 MiB of them) that were written
    /// before `before`, newest first.
    async fn places_in(
        &self,
        project: ProjectId,
        event: EventHash,
        bucket: Bucket,
        before: Option<BlockId>,
        limit: usize,
    ) -> Result<Page<Place, BlockId>>;
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
