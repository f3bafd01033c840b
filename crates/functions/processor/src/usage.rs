//! What a batch brought, counted against the limits of its projects.
//!
//! A project may have as much more as is not counted (see `stored`). Projects without limits cost nothing; those that
//! have any one write a batch, and one more for the first batch of a minute.

use std::collections::{BTreeMap, HashMap};

use futures_util::StreamExt;
use model::id::ProjectId;
use model::project::{Limits, Mark, Window};
use model::timeline::Minute;
use store::ports::Used;

use crate::group::Unit;
use crate::{Deadline, Processor};

/// How many projects are counted at once.
const CONCURRENT: usize = 8;

/// The new events of projects that have limits.
#[derive(Default)]
pub(crate) struct Received(HashMap<ProjectId, Watched>);

/// A project's limits, and its new events by the minute in which they were received.
struct Watched {
    limits: Limits,
    minutes: BTreeMap<Minute, u64>,
}

impl Received {
    /// Counts what will be added of this project, if it has limits.
    pub(crate) fn watch(&mut self, project: ProjectId, limits: Limits) {
        if !limits.is_none() {
            self.0.entry(project).or_insert_with(|| Watched { limits, minutes: BTreeMap::new() });
        }
    }

    /// Adds what was committed.
    pub(crate) fn add(&mut self, unit: &Unit) {
        let Some(watched) = self.0.get_mut(&unit.project) else { return };
        for entry in &unit.entries {
            *watched.minutes.entry(Minute::of(entry.sighting.received_at)).or_default() += 1;
        }
    }
}

impl Processor {
    /// Counts what was stored, and marks the projects that came to a limit. What fails is logged, and fails nothing: the
    /// events are stored.
    pub(crate) async fn count_usage(&self, received: Received, deadline: Deadline) {
        let counted = received.0.into_iter().map(|(project, watched)| async move {
            let counted = deadline.bounds(self.count_project(project, &watched)).await;
            if let Err(error) = counted.and_then(|counted| counted.map_err(Into::into)) {
                tracing::warn!(project.id = %project, error.message = %error, "the usage of a project is not counted");
            }
        });
        futures_util::stream::iter(counted).buffer_unordered(CONCURRENT).collect::<()>().await;
    }

    /// Counts what was received in the month and the minute that it is now: nothing comes of a window that is over.
    async fn count_project(&self, project: ProjectId, Watched { limits, minutes }: &Watched) -> store::Result<()> {
        let now = self.clock.now();
        let in_month = |minute: &Minute| Window::Month.end(minute.start()) == Window::Month.end(now);
        let in_month = minutes.iter().filter(|(minute, _)| in_month(minute)).map(|(_, events)| events).sum();
        if in_month == 0 {
            return Ok(());
        }
        let in_minute = limits.per_minute.map(|_| minutes.get(&Minute::of(now)).copied().unwrap_or_default());
        let used = self.usage.count(project, Used { in_month, in_minute }, now).await?;
        let reached = limits.each().filter(|limit| match limit.window {
            Window::Minute => used.in_minute.is_some_and(|events| events >= limit.most),
            Window::Month => used.in_month >= limit.most,
        });
        match reached.map(|limit| Mark::of(limit, now)).max_by_key(|mark| mark.until) {
            Some(mark) => self.usage.mark(project, mark).await,
            None => Ok(()),
        }
    }
}
