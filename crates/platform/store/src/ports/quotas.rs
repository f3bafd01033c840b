use std::sync::Arc;

use async_trait::async_trait;
use formats::inbox::Addressee;
use model::id::ProjectId;
use model::project::{Limits, Mark, Origins, PostedConfigs};
use model::time::Timestamp;

use crate::error::Result;

/// What ingest knows of what a project may be sent: as it was some seconds ago, and no aggregate.
#[async_trait]
pub trait Quotas: Send + Sync {
    /// The limits of a project, whether one was reached, and whose pages may send; `None` if there is no such project. One read by the number,
    /// two by the name.
    async fn quota(&self, project: &Addressee) -> Result<Option<Quota>>;
}

/// How many events a project may send, and from where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Whose.
    pub project: ProjectId,
    /// The limits that are set.
    pub limits: Limits,
    /// What all processes together ran into last; it may be over.
    pub mark: Option<Mark>,
    /// Whose pages may send; `None` for all.
    pub origins: Option<Arc<Origins>>,
    /// Which of the notification configs in posts are used.
    pub posted_configs: PostedConfigs,
}

/// What the processor counts of projects that have limits. It is not exact as the counts of errors are: what a process had
/// committed when it died is not counted here (at most a batch), and a batch may count twice if the answer is lost.
#[async_trait]
pub trait Usage: Send + Sync {
    /// Counts new events that were received in the month and the minute that `now` is in; returns what the month and the
    /// minute have by then. One write, one more for the first batch of a minute.
    async fn count(&self, project: ProjectId, new: Used, now: Timestamp) -> Result<Used>;

    /// Says that a limit was reached, unless it is another one by now, or what is said already holds for longer.
    async fn mark(&self, project: ProjectId, mark: Mark) -> Result<()>;
}

/// How many events of a project were stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// Of the month.
    pub in_month: u64,
    /// Of the minute; `None` where nobody wants to know, which saves a write.
    pub in_minute: Option<u64>,
}
