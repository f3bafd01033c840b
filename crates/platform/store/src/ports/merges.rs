use async_trait::async_trait;
use model::error::history::HistoryEntry;
use model::error::{ErrorAggregate, MergeFamily};
use model::id::{Fingerprint, ProjectId};

use crate::error::Result;

/// Errors that are merged, and taken apart again: several are read, decided on, and written together.
#[async_trait]
pub trait Merges: Send + Sync {
    /// The error of this fingerprint with all that is merged into it, as they are now.
    async fn family(&self, project: ProjectId, fingerprint: &Fingerprint) -> Result<Option<MergeFamily>>;

    /// Writes errors of one project, at most [`MAX_INCARNATIONS`](MergeFamily::MAX_INCARNATIONS) twice, in one transaction,
    /// with `entries` of the history of the first. One that somebody else wrote since it was read is a [`Conflict`](crate::Kind::Conflict), as is one
    /// that is there twice, since it moved between two reads; then nothing is written.
    async fn rewrite(&self, errors: &[ErrorAggregate], entries: &[HistoryEntry]) -> Result<()>;
}
