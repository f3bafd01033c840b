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

/// What the processor reads and writes: errors with all that their new occurrences change.
#[async_trait]
pub trait ErrorCommits: Send + Sync {
    /// The errors of these fingerprints as they are now; those that do not exist are left out.
    async fn load(&self, errors: &[ErrorKey]) -> Result<HashMap<ErrorKey, ErrorAggregate>>;

    /// Which errors go by these hashes: hash to the fingerprint of its error. A hash that no error goes by is left out.
    async fn owners(&self, hashes: &[ErrorKey]) -> Result<HashMap<ErrorKey, Fingerprint>>;

    /// The events of an error that are counted already and happened in these minutes.
    async fn counted(
        &self,
        project: ProjectId,
        uid: &ErrorUid,
        minutes: RangeInclusive<Minute>,
    ) -> Result<HashSet<EventHash>>;

    /// Keeps what is merged into `target` until `expires_at` at least: none of it may expire before it.
    async fn keep_merged(&self, target: &ErrorAggregate, expires_at: Timestamp) -> Result<()>;

    /// Writes each commit whole or not at all; the results are in the order of the commits. An error that somebody else
    /// wrote since it was read is a [`Conflict`](crate::Kind::Conflict); one commit's failure leaves the others.
    async fn commit(&self, commits: &[Commit]) -> Vec<Result<()>>;
}

/// What a batch changes of one error: written in one transaction.
#[derive(Clone, Debug, PartialEq)]
pub struct Commit {
    /// The error as it shall be. Its `version` is still the one it was read at; 0 for a new error.
    pub error: ErrorAggregate,
    /// If the error is merged into another, that one as it shall be, read at its `version` too.
    pub target: Option<ErrorAggregate>,
    /// The frames of its new occurrences, one for each minute in which any happened: what the timeline counts.
    pub references: Vec<Reference>,
    /// The hashes that the error goes by from now on, besides its fingerprint.
    pub aliases: Vec<Fingerprint>,
    /// What its new occurrences ended: a resolution, or a mute.
    pub history: Option<HistoryEntry>,
    /// What they ended of the one that it is merged into.
    pub target_history: Option<HistoryEntry>,
    /// When what is written may be removed.
    pub expires_at: Timestamp,
}

impl Commit {
    /// The most aliases that one commit may add.
    pub const MAX_ALIASES: usize = 10;
    /// The most references that one commit may hold: with the error, what it is merged into, and an hour of timeline for
    /// each, they must fit DynamoDB's 100 actions of a transaction.
    pub const MAX_REFERENCES: usize = 40;
}
