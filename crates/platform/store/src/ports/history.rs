use async_trait::async_trait;
use model::error::ErrorAggregate;
use model::error::history::{EntryId, HistoryEntry};
use model::id::{ErrorUid, ProjectId};

use super::Page;
use crate::error::Result;

/// The history of errors: everything that happened to them except their occurrences. Most entries are written together
/// with the change that they describe, by [`Errors::change`](super::Errors::change) and
/// [`ErrorCommits::commit`](super::ErrorCommits::commit).
#[async_trait]
pub trait History: Send + Sync {
    /// Returns at most `limit` entries older than `before`, newest first. An entry that cannot be decoded is logged and
    /// left out.
    async fn history(
        &self,
        project: ProjectId,
        uid: &ErrorUid,
        before: Option<&EntryId>,
        limit: usize,
    ) -> Result<Page<HistoryEntry, EntryId>>;

    async fn entry(&self, project: ProjectId, uid: &ErrorUid, id: &EntryId) -> Result<Option<HistoryEntry>>;

    /// Adds an entry that describes no other change: a comment. Returns whether this incarnation of the error still
    /// exists.
    async fn add_entry(&self, error: &ErrorAggregate, entry: &HistoryEntry) -> Result<bool>;

    /// Removes an entry and adds the one that records the removal. Returns whether the old entry and this incarnation
    /// of the error existed.
    async fn replace_entry(&self, error: &ErrorAggregate, old: &EntryId, new: &HistoryEntry) -> Result<bool>;

    /// Removes at most 1,000 entries. Returns whether any are left.
    async fn remove_history(&self, project: ProjectId, uid: &ErrorUid) -> Result<bool>;
}
