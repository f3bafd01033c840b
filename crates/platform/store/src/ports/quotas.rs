use std::sync::Arc;

use async_trait::async_trait;
use formats::inbox::Addressee;
use model::id::ProjectId;
use model::project::{Attachments, Limits, Mark, Origins, PostedConfigs, Retention};
use model::time::Timestamp;

use crate::error::Result;

/// A project's limits and other settings of what it accepts, as ingest sees them. May be a few seconds stale.
#[async_trait]
pub trait Quotas: Send + Sync {
    /// Returns the limits of a project, whether one was reached, and the allowed origins; `None` if there is no such
    /// project. One read by number, two by name.
    async fn quota(&self, project: &Addressee) -> Result<Option<Quota>>;
}

/// How many events a project may send, and from where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quota {
    pub project: ProjectId,
    pub limits: Limits,
    /// The limit that was last reached, counted over all processes. The mark may be over.
    pub mark: Option<Mark>,
    /// The origins of web pages that may send events; `None` for all.
    pub origins: Option<Arc<Origins>>,
    /// Which of the notification configs in requests are used.
    pub posted_configs: PostedConfigs,
    /// Whether attachments are stored.
    pub attachments: Attachments,
    /// How long they are kept; `None` for the retention of the stack.
    pub retention: Option<Retention>,
}

/// The processor's count of events of projects that have limits. It is less exact than the counts of errors: what a
/// process committed just before it died is missing here (at most one batch), and a batch may count twice if the
/// response is lost.
#[async_trait]
pub trait Usage: Send + Sync {
    /// Counts new events that were received in the month and minute of `now`. Returns the new counts of that month and
    /// minute. One write; two for the first batch of a minute.
    async fn count(&self, project: ProjectId, new: Used, now: Timestamp) -> Result<Used>;

    /// Records that a limit was reached. Does nothing if the limit has changed since, or if an existing mark lasts
    /// longer.
    async fn mark(&self, project: ProjectId, mark: Mark) -> Result<()>;
}

/// How many events of a project were stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    pub in_month: u64,
    /// `None` if the project has no limit per minute, which saves a write.
    pub in_minute: Option<u64>,
}
