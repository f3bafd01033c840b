//! Tracks which stages of a process currently fail, for `GET /health`.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// A failure is considered over if its stage does not report another one for this long: a failing stage tries again
/// within seconds.
const RECENT: Duration = Duration::from_secs(60);

/// The stage of answering requests, as far as that needs storage.
pub(crate) const STORAGE: &str = "storage";

/// The stages that currently fail. A stage fails from its first failure until it works again.
#[derive(Debug, Default)]
pub struct Stages(Mutex<BTreeMap<&'static str, Failing>>);

#[derive(Clone, Copy, Debug)]
struct Failing {
    first: Instant,
    last: Instant,
}

impl Stages {
    /// Records that a stage failed.
    pub fn failed(&self, stage: &'static str) {
        self.failed_at(stage, Instant::now());
    }

    /// Records that a stage works.
    pub fn worked(&self, stage: &'static str) {
        self.0.lock().remove(stage);
    }

    /// The stages that currently fail, each with the time since its first failure.
    pub fn failing(&self) -> Vec<(&'static str, Duration)> {
        self.failing_at(Instant::now())
    }

    fn failed_at(&self, stage: &'static str, now: Instant) {
        let mut all = self.0.lock();
        let failing = all.entry(stage).or_insert(Failing { first: now, last: now });
        if now.saturating_duration_since(failing.last) >= RECENT {
            failing.first = now;
        }
        failing.last = now;
    }

    fn failing_at(&self, now: Instant) -> Vec<(&'static str, Duration)> {
        let mut all = self.0.lock();
        all.retain(|_, failing| now.saturating_duration_since(failing.last) < RECENT);
        all.iter().map(|(stage, failing)| (*stage, now.saturating_duration_since(failing.first))).collect()
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
}
