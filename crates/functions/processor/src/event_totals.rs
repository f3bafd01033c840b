//! Counts when the events of a project, and of the whole stack, happened. Graphs are drawn from these totals.
//!
//! For each hour in which its events happened, a batch makes one write for each project and one for the stack. So even
//! in a storm there are about as many writes here as to the error.

use std::collections::BTreeMap;

use model::id::ProjectId;
use model::project::Retention;
use model::time::Timestamp;
use model::timeline::Timeline;
use store::ports::TotalsScope;

use crate::error_batch::ErrorBatch;
use crate::processor::Processor;

/// The new events of a batch by the minute in which they happened, and the retention of each project.
#[derive(Default)]
pub(crate) struct EventTotals {
    projects: BTreeMap<ProjectId, (Option<Retention>, Timeline)>,
    /// When the first of these events was received.
    received_at: Option<Timestamp>,
}

/// The new events of a project or of the stack.
pub(crate) struct ScopeTotals {
    scope: TotalsScope,
    retention: Option<Retention>,
    timeline: Timeline,
    received_at: Timestamp,
}

impl ScopeTotals {
    pub(crate) fn label(&self) -> String {
        format!("{:?}", self.scope)
    }
}

impl EventTotals {
    pub(crate) fn add(&mut self, committed: &ErrorBatch) {
        let (retention, timeline) = self.projects.entry(committed.project).or_default();
        *retention = committed.settings.retention;
        for occurrence in &committed.occurrences {
            timeline.add(occurrence.minute(), 1);
            let received_at = occurrence.sighting.received_at;
            self.received_at = Some(self.received_at.map_or(received_at, |first| first.min(received_at)));
        }
    }

    /// Returns the totals of each project and of the stack, or nothing if there are no events.
    pub(crate) fn into_scopes(self) -> Vec<ScopeTotals> {
        let Some(received_at) = self.received_at else { return Vec::new() };
        let mut all = Timeline::default();
        let mut scopes = Vec::with_capacity(self.projects.len() + 1);
        for (project, (retention, timeline)) in self.projects {
            all.join(&timeline);
            scopes.push(ScopeTotals { scope: TotalsScope::Project(project), retention, timeline, received_at });
        }
        scopes.push(ScopeTotals { scope: TotalsScope::Stack, retention: None, timeline: all, received_at });
        scopes
    }
}

impl Processor {
    pub(crate) async fn add_totals(&self, totals: ScopeTotals) -> store::Result<()> {
        let expires_at = self.expires_at(self.clock.now(), totals.retention);
        self.stores.totals.add_totals(totals.scope, &totals.timeline, totals.received_at, expires_at).await
    }
}
