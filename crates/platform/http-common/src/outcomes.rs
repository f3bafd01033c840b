//! Counts refusals by reason, for `GET /info` and the log.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use axum::response::Response;
use model::outcome::{Reason, Refusal};
use parking_lot::Mutex;

use crate::answer::{self, Answer, Statuses};
use crate::stages::{STORAGE, Stages};

/// How many refusals for one reason are logged one by one in a minute. CloudWatch charges for each line, and anybody can
/// send requests that are refused.
const MAX_LINES: u32 = 20;
const LOG_WINDOW: Duration = Duration::from_secs(60);

/// How often this process refused something, by reason, apart from [misses](Reason::is_miss). Refusals are also logged
/// (`outcome.reason`), by which those of a stack with many processes can be counted: each as a line of its own, or in a
/// flood many as one line that says how many (`events.len`). What a process refused at the end of a flood is not logged if it is not asked again.
#[derive(Debug, Default)]
pub struct Outcomes {
    counts: Mutex<BTreeMap<&'static str, u64>>,
    logged: Mutex<BTreeMap<&'static str, Logged>>,
    stages: Stages,
}

/// The refusals for one reason that were logged in the current minute.
#[derive(Debug)]
struct Logged {
    since: Instant,
    lines: u32,
    /// Refused events that no line has yet.
    waiting: u64,
}

impl Logged {
    /// Adds refused events. Returns the number of events for a line, if one is to be written.
    fn add(&mut self, events: u64, now: Instant) -> Option<u64> {
        if now.saturating_duration_since(self.since) >= LOG_WINDOW {
            (self.since, self.lines) = (now, 0);
        }
        self.waiting += events;
        if self.lines >= MAX_LINES {
            return None;
        }
        self.lines += 1;
        Some(std::mem::take(&mut self.waiting))
    }
}

impl Outcomes {
    pub fn count(&self, reason: Reason) {
        self.count_events(reason, 1);
    }

    /// Counts the refused parts of a request that is otherwise accepted.
    pub fn count_all(&self, refused: &[Refusal]) {
        for refusal in refused {
            self.count(refusal.reason);
        }
    }

    /// Counts the refusal of this many events at once.
    fn count_events(&self, reason: Reason, events: u64) {
        if reason == Reason::Unavailable {
            self.stages.failed(STORAGE);
        }
        // Some SDKs send items that are not stored with every request, until they learn that they need not.
        if reason == Reason::ItemNotStored {
            tracing::debug!(outcome.reason = reason.name(), "not stored");
        } else {
            let now = Instant::now();
            let mut logged = self.logged.lock();
            let logged = logged.entry(reason.name()).or_insert(Logged { since: now, lines: 0, waiting: 0 });
            if let Some(events) = logged.add(events, now) {
                tracing::warn!(outcome.reason = reason.name(), events.len = events, "refused");
            }
        }
        *self.counts.lock().entry(reason.name()).or_default() += events;
    }

    /// Returns the handler's answer, or its refusal, which is counted.
    pub async fn answer(&self, handler: impl Future<Output = Answer>) -> Response {
        handler.await.unwrap_or_else(|refusal| self.refuse(&refusal))
    }

    /// Does the same, with the statuses for a kind of client.
    pub async fn answer_as(&self, statuses: Statuses, handler: impl Future<Output = Answer>) -> Response {
        handler.await.unwrap_or_else(|refusal| self.refuse_as(statuses, &refusal))
    }

    /// Returns the response for a refusal, and counts it unless it is a [miss](Reason::is_miss).
    pub fn refuse(&self, refusal: &Refusal) -> Response {
        self.refuse_as(Statuses::COMMON, refusal)
    }

    /// Does the same, with the statuses for a kind of client.
    pub fn refuse_as(&self, statuses: Statuses, refusal: &Refusal) -> Response {
        log_cause(refusal);
        if refusal.reason.is_miss() {
            tracing::debug!(outcome.reason = refusal.reason.name(), "not found");
        } else {
            self.count_events(refusal.reason, refusal.limited.map_or(1, |limited| limited.events));
        }
        answer::refuse(refusal, statuses)
    }

    /// The stages of this process that currently fail.
    pub fn stages(&self) -> &Stages {
        &self.stages
    }

    /// The counts since the start of the process.
    pub fn counts(&self) -> BTreeMap<&'static str, u64> {
        self.counts.lock().clone()
    }
}

/// Logs the internal failure that caused a refusal, if there is one. [`Outcomes::answer`] does this; code that answers
/// a refusal in another way must call it.
pub fn log_cause(refusal: &Refusal) {
    if let Some(cause) = &refusal.cause {
        tracing::error!(error.kind = cause.kind, error.message = cause.message, "failed to read or write storage");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A flood is a bounded number of lines a minute, and their sum is the number of refusals.
    #[test]
    fn a_flood_of_refusals_is_logged_in_few_lines() {
        let start = Instant::now();
        let mut logged = Logged { since: start, lines: 0, waiting: 0 };
        let mut lines = Vec::new();
        for second in 0..180 {
            for _ in 0..1_000 {
                lines.extend(logged.add(2, start + Duration::from_secs(second)));
            }
        }
        assert_eq!(lines.len(), 3 * MAX_LINES as usize);
        assert_eq!(lines.iter().sum::<u64>() + logged.waiting, 2 * 180_000);
        assert_eq!(lines[..2], [2, 2], "few refusals are a line each");
    }
}
