//! Counts the new events of a batch against the limits of their projects.
//!
//! Events that are not counted (see `outcome`) are accepted on top of the limit. Projects without limits cost nothing;
//! projects with limits cost one write per batch, and one more for the first batch of a minute. A large limit per month,
//! which every project has at first, is counted in steps of [`STEP`] events, so that lone events seldom cost a write.

use std::collections::BTreeMap;

use model::id::ProjectId;
use model::project::{Limits, Mark, Window};
use model::timeline::Minute;
use store::ports::Used;

use crate::error_batch::ErrorBatch;
use crate::processor::Processor;

/// The smallest limit per month that is counted in steps.
const MIN_STEPPED_LIMIT: u64 = 100_000;
/// The events of a step.
const STEP: u64 = 16;

/// Whether the limits are so large that it does not matter if the count is off by some steps.
fn is_counted_in_steps(limits: Limits) -> bool {
    limits.per_minute.is_none() && limits.per_month.is_some_and(|most| most >= MIN_STEPPED_LIMIT)
}

/// Rounds to whole steps: down or up by chance, so that the sum over many batches is right.
fn round(events: u64, random: u128) -> u64 {
    let rest = events % STEP;
    let is_up = random % u128::from(STEP) < u128::from(rest);
    events - rest + if is_up { STEP } else { 0 }
}

/// The new events of projects that have limits.
#[derive(Default)]
pub(crate) struct QuotaUsage(BTreeMap<ProjectId, ProjectUsage>);

/// A project's limits, and its new events by the minute in which they were received.
pub(crate) struct ProjectUsage {
    limits: Limits,
    minutes: BTreeMap<Minute, u64>,
}

impl QuotaUsage {
    /// Starts counting for this project, if it has limits. Events of other projects are not counted.
    pub(crate) fn watch(&mut self, project: ProjectId, limits: Limits) {
        if !limits.is_none() {
            self.0.entry(project).or_insert_with(|| ProjectUsage { limits, minutes: BTreeMap::new() });
        }
    }

    pub(crate) fn add(&mut self, committed: &ErrorBatch) {
        let Some(usage) = self.0.get_mut(&committed.project) else { return };
        for occurrence in &committed.occurrences {
            *usage.minutes.entry(Minute::of(occurrence.sighting.received_at)).or_default() += 1;
        }
    }

    pub(crate) fn into_projects(self) -> impl Iterator<Item = (ProjectId, ProjectUsage)> {
        self.0.into_iter()
    }
}

impl Processor {
    /// Counts the events that were received in the current month and minute, and marks a project that reached a limit.
    /// Earlier months and minutes no longer matter.
    pub(crate) async fn count_usage(
        &self,
        project: ProjectId,
        ProjectUsage { limits, minutes }: ProjectUsage,
    ) -> store::Result<()> {
        let now = self.clock.now();
        let is_in_month = |minute: &Minute| Window::Month.end(minute.start()) == Window::Month.end(now);
        let in_month = minutes.iter().filter(|(minute, _)| is_in_month(minute)).map(|(_, events)| events).sum();
        let in_minute = limits.per_minute.map(|_| minutes.get(&Minute::of(now)).copied().unwrap_or_default());
        let in_month = if is_counted_in_steps(limits) { round(in_month, self.clock.random()) } else { in_month };
        if in_month == 0 {
            return Ok(());
        }
        let used = self.stores.usage.count(project, Used { in_month, in_minute }, now).await?;
        let reached = limits.each().filter(|limit| match limit.window {
            Window::Minute => used.in_minute.is_some_and(|events| events >= limit.most),
            Window::Month => used.in_month >= limit.most,
        });
        match reached.map(|limit| Mark::of(limit, now)).max_by_key(|mark| mark.until) {
            Some(mark) => self.stores.usage.mark(project, mark).await,
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_add_up_to_the_events() {
        for events in [1, 15, 16, 17, 1_000] {
            let sum: u64 = (0..u128::from(STEP)).map(|random| round(events, random)).sum();
            assert_eq!(sum, STEP * events, "{events}");
            assert!((0..u128::from(STEP)).all(|random| round(events, random).is_multiple_of(STEP)), "{events}");
        }
    }

    #[test]
    fn only_a_large_limit_is_counted_in_steps() {
        let limits = |per_minute, per_month| Limits { per_minute, per_month };
        assert!(is_counted_in_steps(limits(None, Some(MIN_STEPPED_LIMIT))));
        for exact in [limits(None, None), limits(None, Some(MIN_STEPPED_LIMIT - 1)), limits(Some(1), Some(10_000_000))]
        {
            assert!(!is_counted_in_steps(exact), "{exact:?}");
        }
    }
}
