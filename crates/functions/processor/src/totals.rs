//! When the events of a project, and of the whole stack, happened: what their graphs are drawn from.
//!
//! One write a batch for each project and one for the stack, for each hour that its events happened in; so a storm
//! writes about as often as its error does.

use std::collections::BTreeMap;

use futures_util::StreamExt;
use model::id::ProjectId;
use model::project::Retention;
use model::time::Timestamp;
use model::timeline::{Minute, Timeline};
use store::ports::TotalsScope;

use crate::group::Unit;
use crate::{Deadline, Processor};

/// How many timelines are written at once.
const CONCURRENT: usize = 8;

/// The new events, by the minute in which they happened, and for how long each project's are kept.
#[derive(Default)]
pub(crate) struct Happened {
    projects: BTreeMap<ProjectId, (Option<Retention>, Timeline)>,
    /// When the first of them was received.
    received_at: Option<Timestamp>,
}

impl Happened {
    /// Adds what was committed.
    pub(crate) fn add(&mut self, unit: &Unit) {
        let (retention, timeline) = self.projects.entry(unit.project).or_default();
        *retention = unit.settings.retention;
        for entry in &unit.entries {
            timeline.add(Minute::of(entry.sighting.timestamp), 1);
            let received_at = entry.sighting.received_at;
            self.received_at = Some(self.received_at.map_or(received_at, |first| first.min(received_at)));
        }
    }
}

impl Processor {
    /// Counts what was stored. What fails is logged, and fails nothing: the events are stored.
    pub(crate) async fn count_totals(&self, happened: Happened, deadline: Deadline) {
        let mut all = Timeline::default();
        happened.projects.values().for_each(|(_, timeline)| all.join(timeline));
        let Some(received_at) = happened.received_at else { return };
        let project = |(project, (retention, timeline))| (TotalsScope::Project(project), retention, timeline);
        let projects = happened.projects.into_iter().map(project);
        let counted = projects.chain([(TotalsScope::Stack, None, all)]).map(|(of, retention, timeline)| async move {
            let expires_at = self.expires_at(self.clock.now(), retention);
            let counted = deadline.bounds(self.totals.add_totals(of, &timeline, received_at, expires_at)).await;
            if let Err(error) = counted.and_then(|counted| counted.map_err(Into::into)) {
                tracing::warn!(of = ?of, error.message = %error, "a batch is missing in a graph");
            }
        });
        futures_util::stream::iter(counted).buffer_unordered(CONCURRENT).collect::<()>().await;
    }
}
