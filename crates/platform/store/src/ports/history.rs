use async_trait::async_trait;
use model::error::ErrorAggregate;
use model::error::history::{EntryId, HistoryEntry};
use model::id::{ErrorUid, ProjectId};

use super::Page;
use crate::error::Result;

/// What happened to errors besides their occurrences. Most entries are written with what they tell of, by
/// [`Errors::change`](super::Errors::change) and [`ErrorCommits::commit`](super::ErrorCommits::commit).
#[async_trait]
pub trait History: Send + Sync {
    /// At most `limit` entries older than `before`, newest first. One that cannot be read is logged, and left out.
    async fn history(
        &self,
        project: ProjectId,
        uid: &ErrorUid,
        before: Option<&EntryId>,
        limit: usize,
    ) -> Result<Page<HistoryEntry, EntryId>>;

    /// The entry of this name.
    async fn entry(&self, project: ProjectId, uid: &ErrorUid, id: &EntryId) -> Result<Option<HistoryEntry>>;

    /// Adds an entry that tells of nothing but itself: a comment. Says whether this incarnation of the error is still there.
    async fn add_entry(&self, error: &ErrorAggregate, entry: &HistoryEntry) -> Result<bool>;

    /// Removes an entry, and adds the one that tells of that. Says whether it, and this incarnation of the error, was there.
    async fn replace_entry(&self, error: &ErrorAggregate, old: &EntryId, new: &HistoryEntry) -> Result<bool>;

    /// Removes at most 1,000 entries; says whether any are left.
    async fn remove_history(&self, project: ProjectId, uid: &ErrorUid) -> Result<bool>;
}
