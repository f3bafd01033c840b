//! Tracks which stages of a process currently fail or hang, for `GET /health`.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// A failure is considered over if its stage does not report another one for this long: a failing stage tries again
/// within seconds.
const RECENT: Duration = Duration::from_secs(60);

/// The stage of answering requests, as far as that needs storage.
pub(crate) const STORAGE: &str = "storage";

/// The stages that currently fail or hang. A stage fails from its first failure until it works again. It hangs while
/// one of its runs takes longer than it may.
#[derive(Debug, Default)]
pub struct Stages(Mutex<StageStates>);

#[derive(Debug, Default)]
struct StageStates {
    failing: BTreeMap<&'static str, Failing>,
    /// The runs that have not ended, by a number of each.
    runs: BTreeMap<u64, Run>,
    next_run: u64,
}

#[derive(Clone, Copy, Debug)]
struct Failing {
    first: Instant,
    last: Instant,
}

#[derive(Clone, Copy, Debug)]
struct Run {
    stage: &'static str,
    started: Instant,
    limit: Duration,
}

impl Run {
    fn hangs(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.started) >= self.limit
    }
}

/// A run of a stage. It ends when this is dropped.
#[must_use = "the run ends when this is dropped"]
#[derive(Debug)]
pub struct StageRun<'a> {
    stages: &'a Stages,
    number: u64,
}

impl Drop for StageRun<'_> {
    fn drop(&mut self) {
        self.stages.0.lock().runs.remove(&self.number);
    }
}

impl Stages {
    /// Records that a stage failed.
    pub fn failed(&self, stage: &'static str) {
        self.failed_at(stage, Instant::now());
    }

    /// Records that a stage works.
    pub fn worked(&self, stage: &'static str) {
        self.0.lock().failing.remove(stage);
    }

    /// Begins a run of a stage. If it has not ended after `limit`, the stage hangs, and is reported like a failing one.
    pub fn run(&self, stage: &'static str, limit: Duration) -> StageRun<'_> {
        self.run_at(stage, limit, Instant::now())
    }

    /// The stages that currently fail or hang, each with the time since its first failure, or since the start of the
    /// run that hangs.
    pub fn failing(&self) -> Vec<(&'static str, Duration)> {
        self.failing_at(Instant::now())
    }

    fn run_at(&self, stage: &'static str, limit: Duration, now: Instant) -> StageRun<'_> {
        let mut state = self.0.lock();
        let number = state.next_run;
        state.next_run += 1;
        state.runs.insert(number, Run { stage, started: now, limit });
        StageRun { stages: self, number }
    }

    fn failed_at(&self, stage: &'static str, now: Instant) {
        let mut state = self.0.lock();
        let failing = state.failing.entry(stage).or_insert(Failing { first: now, last: now });
        if now.saturating_duration_since(failing.last) >= RECENT {
            failing.first = now;
        }
        failing.last = now;
    }

    fn failing_at(&self, now: Instant) -> Vec<(&'static str, Duration)> {
        let mut state = self.0.lock();
        state.failing.retain(|_, failing| now.saturating_duration_since(failing.last) < RECENT);
        let mut since: BTreeMap<_, _> = state.failing.iter().map(|(stage, failing)| (*stage, failing.first)).collect();
        for run in state.runs.values().filter(|run| run.hangs(now)) {
            let first = since.entry(run.stage).or_insert(run.started);
            *first = run.started.min(*first);
        }
        since.into_iter().map(|(stage, first)| (stage, now.saturating_duration_since(first))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_fails_until_it_works_or_nothing_more_is_heard() {
        let (stages, start) = (Stages::default(), Instant::now());
        let after = |seconds| start + Duration::from_secs(seconds);
        stages.failed_at("stream", start);
        stages.failed_at("stream", after(50));
        assert_eq!(stages.failing_at(after(70)), [("stream", Duration::from_secs(70))]);
        assert_eq!(stages.failing_at(after(110)), []);
        stages.failed_at("stream", after(200));
        assert_eq!(stages.failing_at(after(201)), [("stream", Duration::from_secs(1))]);
        stages.worked("stream");
        assert_eq!(stages.failing_at(after(201)), []);
    }
    #[test]
    fn a_stage_hangs_while_a_run_takes_longer_than_it_may() {
        let (stages, start) = (Stages::default(), Instant::now());
        let after = |seconds| start + Duration::from_secs(seconds);
        let limit = Duration::from_secs(60);
        let hanging = stages.run_at("processor", limit, start);
        let quick = stages.run_at("processor", limit, after(50));
        assert_eq!(stages.failing_at(after(59)), []);
        assert_eq!(stages.failing_at(after(70)), [("processor", Duration::from_secs(70))]);
        drop(quick);
        stages.worked("processor");
        assert_eq!(stages.failing_at(after(120)), [("processor", Duration::from_secs(120))]);
        stages.failed_at("processor", after(120));
        assert_eq!(stages.failing_at(after(130)), [("processor", Duration::from_secs(130))]);
        drop(hanging);
        stages.worked("processor");
        assert_eq!(stages.failing_at(after(500)), []);
    }
}
