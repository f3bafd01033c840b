use async_trait::async_trait;
use model::error::history::HistoryEntry;
use model::error::{ErrorAggregate, MergeFamily};
use model::id::{Fingerprint, ProjectId};

use crate::error::Result;

/// Merging errors and undoing merges: several errors are read, decided on, and written together.
#[async_trait]
pub trait Merges: Send + Sync {
    /// Returns the current state of the error with this fingerprint and of all errors that are merged into it.
    async fn family(&self, project: ProjectId, fingerprint: &Fingerprint) -> Result<Option<MergeFamily>>;

    /// Writes errors of one project, at most twice [`MAX_INCARNATIONS`](MergeFamily::MAX_INCARNATIONS), in one
    /// transaction, and adds `entries` to the history of the first. Nothing is written and the result is a
    /// [`Conflict`](crate::Kind::Conflict) if somebody else wrote one of them after it was read, or if one is listed
    /// twice because it moved between two reads.
    async fn rewrite(&self, errors: &[ErrorAggregate], entries: &[HistoryEntry]) -> Result<()>;
}
