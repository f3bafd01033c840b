use std::ops::RangeInclusive;

use async_trait::async_trait;
use model::id::ProjectId;
use model::time::Timestamp;
use model::timeline::{Hour, Timeline};

use crate::error::Result;

/// Numbers of events per minute, summed over all errors. They are less exact than the timelines of errors: what a
/// process committed just before it died is missing here (at most one batch), and a batch may count twice if the
/// response is lost.
#[async_trait]
pub trait Totals: Send + Sync {
    /// Adds new events, the first of which was received at `received_at`. One write for each hour in which they
    /// happened, newest hour first.
    async fn add_totals(
        &self,
        of: TotalsScope,
        new: &Timeline,
        received_at: Timestamp,
        expires_at: Timestamp,
    ) -> Result<()>;

    /// Returns when the first event of the batch that was counted last was received: how far the processor has caught
    /// up. Reads two items: the two newest hours with events.
    async fn counted_up_to(&self, of: TotalsScope) -> Result<Option<Timestamp>>;

    /// Returns the counts of these hours. Reads one item for each hour with events.
    async fn totals(&self, of: TotalsScope, hours: RangeInclusive<Hour>) -> Result<Timeline>;

    /// Removes at most 1,000 hours of a project. Returns whether any are left. The totals of the stack remain.
    async fn remove_totals(&self, project: ProjectId) -> Result<bool>;
}

/// The errors whose events a total counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TotalsScope {
    /// All errors of a project.
    Project(ProjectId),
    Stack,
}
