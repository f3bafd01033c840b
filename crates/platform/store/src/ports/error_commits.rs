use std::collections::{HashMap, HashSet};
use std::ops::RangeInclusive;

use async_trait::async_trait;
use model::error::ErrorAggregate;
use model::error::history::HistoryEntry;
use model::id::{ErrorKey, ErrorUid, EventHash, Fingerprint, ProjectId};
use model::time::Timestamp;
use model::timeline::Minute;

use super::Reference;
use crate::error::Result;

/// The processor's access to errors: reads them, and commits everything that new occurrences change.
#[async_trait]
pub trait ErrorCommits: Send + Sync {
    /// Returns the current state of these errors, by a consistent read. Errors that do not exist are left out.
    async fn load(&self, errors: &[ErrorKey]) -> Result<HashMap<ErrorKey, ErrorAggregate>>;

    /// Maps these hashes to the fingerprints of the errors that have them as their fingerprint or as an alias. Hashes
    /// that no error has are left out.
    async fn owners(&self, hashes: &[ErrorKey]) -> Result<HashMap<ErrorKey, Fingerprint>>;

    /// Returns the events of an error that happened in these minutes and are counted already.
    async fn counted(
        &self,
        project: ProjectId,
        uid: &ErrorUid,
        minutes: RangeInclusive<Minute>,
    ) -> Result<HashSet<EventHash>>;

    /// Extends the expiry of all errors that are merged into `target` to at least `expires_at`, so that none expires
    /// before the target.
    async fn keep_merged(&self, target: &ErrorAggregate, expires_at: Timestamp) -> Result<()>;

    /// Writes each commit completely or not at all, and returns the results in the order of the commits. The result is
    /// a [`Conflict`](crate::Kind::Conflict) if somebody else wrote the error after it was read. A failed commit does
    /// not affect the others.
    async fn commit(&self, commits: &[Commit]) -> Vec<Result<()>>;
}

/// Everything that a batch changes in one error. Written in one transaction.
#[derive(Clone, Debug, PartialEq)]
pub struct Commit {
    /// The new state of the error. Its `version` is still the one that was read; 0 for a new error.
    pub error: ErrorAggregate,
    /// If the error is merged into another: the new state of that target, also with the `version` that was read.
    pub target: Option<ErrorAggregate>,
    /// One reference for each minute in which new occurrences happened. The timeline counts these.
    pub references: Vec<Reference>,
    /// New aliases: further hashes of the error, in addition to its fingerprint.
    pub aliases: Vec<Fingerprint>,
    /// A history entry if the new occurrences ended the resolution or the mute of the error.
    pub history: Option<HistoryEntry>,
    /// The same for the target that the error is merged into.
    pub target_history: Option<HistoryEntry>,
    /// When the written items may be removed.
    pub expires_at: Timestamp,
}

impl Commit {
    /// The most aliases that one commit may add.
    pub const MAX_ALIASES: usize = 10;
    /// The most references in one commit. With the error, its target, and an hour of the timeline for each reference,
    /// they must fit into the 100 actions of a DynamoDB transaction.
    pub const MAX_REFERENCES: usize = 40;
}
