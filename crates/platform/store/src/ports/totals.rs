use std::ops::RangeInclusive;

use async_trait::async_trait;
use model::id::ProjectId;
use model::time::Timestamp;
use model::timeline::{Hour, Timeline};

use crate::error::Result;

/// How many events all errors together had when. It is not exact as the timelines of errors are: what a process had
/// committed when it died is not counted here (at most a batch), and a batch may count twice if the answer is lost.
#[async_trait]
pub trait Totals: Send + Sync {
    /// Counts new events, of which the first was received at `received_at`. One write for each hour that they happened in, the
    /// newest first.
    async fn add_totals(
        &self,
        of: TotalsScope,
        new: &Timeline,
        received_at: Timestamp,
        expires_at: Timestamp,
    ) -> Result<()>;

    /// When that was received which was counted last, of the two newest hours that have events: how far the processor has come.
    /// Reads two items.
    async fn counted_up_to(&self, of: TotalsScope) -> Result<Option<Timestamp>>;

    /// The counts of these hours. Reads one item for each hour that had any.
    async fn totals(&self, of: TotalsScope, hours: RangeInclusive<Hour>) -> Result<Timeline>;

    /// Removes at most 1,000 hours of a project; says whether any are left. What the stack counted stays.
    async fn remove_totals(&self, project: ProjectId) -> Result<bool>;
}

/// What is counted as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TotalsScope {
    /// All errors of a project.
    Project(ProjectId),
    /// All projects.
    Stack,
}
