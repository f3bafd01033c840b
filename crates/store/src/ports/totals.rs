use std::ops::RangeInclusive;

use async_trait::async_trait;
use domain::id::ProjectId;
use domain::time::Timestamp;
use domain::timeline::{Hour, Timeline};

use crate::error::Result;

/// How many events all errors together had when. It is not exact as the timelines of errors are: what a process had
/// committed when it died is not counted here (at most a batch), and a batch may count twice if the answer is lost.
#[async_trait]
pub trait Totals: Send + Sync {
    /// Counts new events. One write for each hour that they happened in, the newest first.
    async fn add_totals(&self, of: Whole, new: &Timeline, expires_at: Timestamp) -> Result<()>;

    /// The counts of these hours. Reads one item for each hour that had any.
    async fn totals(&self, of: Whole, hours: RangeInclusive<Hour>) -> Result<Timeline>;

    /// Removes at most 1,000 hours of a project; says whether any are left. What the stack counted stays.
    async fn remove_totals(&self, project: ProjectId) -> Result<bool>;
}

/// What is counted as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Whole {
    /// All errors of a project.
    Project(ProjectId),
    /// All projects.
    Stack,
}
