//! Counts of what was refused.

use std::collections::BTreeMap;

use axum::response::Response;
use model::outcome::{Reason, Refusal};
use parking_lot::Mutex;

use crate::answer::{self, Answer};
use crate::stages::{STORAGE, Stages};

/// How often this process refused something, by reason. Each refusal is a log line as well (`outcome.reason`), which is
/// what a stack of many processes is counted by.
#[derive(Debug, Default)]
pub struct Outcomes {
    counts: Mutex<BTreeMap<&'static str, u64>>,
    stages: Stages,
}

impl Outcomes {
    /// Counts one refusal.
    pub fn count(&self, reason: Reason) {
        self.count_events(reason, 1);
    }

    /// Counts what is refused of a request, while the rest of it is taken.
    pub fn count_all(&self, refused: &[Refusal]) {
        for refusal in refused {
            self.count(refusal.reason);
        }
    }

    /// Counts the refusal of so many events at once.
    fn count_events(&self, reason: Reason, events: u64) {
        if reason == Reason::Unavailable {
            self.stages.failed(STORAGE);
        }
        // Some SDKs send what is not stored with every request until they have read that they need not.
        if reason == Reason::ItemNotStored {
            tracing::debug!(outcome.reason = reason.name(), "not stored");
        } else {
            tracing::warn!(outcome.reason = reason.name(), events.len = events, "refused");
        }
        *self.counts.lock().entry(reason.name()).or_default() += events;
    }

    /// The answer that a handler found, or the refusal, which is counted.
    pub async fn answer(&self, handler: impl Future<Output = Answer>) -> Response {
        handler.await.unwrap_or_else(|refusal| self.refuse(&refusal))
    }

    /// The answer to what is refused, which is counted.
    pub fn refuse(&self, refusal: &Refusal) -> Response {
        log_cause(refusal);
        self.count_events(refusal.reason, refusal.limited.map_or(1, |limited| limited.events));
        answer::refuse(refusal)
    }

    /// The stages of this process that fail now.
    pub fn stages(&self) -> &Stages {
        &self.stages
    }

    /// The counts so far.
    pub fn counts(&self) -> BTreeMap<&'static str, u64> {
        self.counts.lock().clone()
    }
}

/// Logs the failure of ours that led to a refusal, if there is one. [`Outcomes::answer`] does it; so does whoever answers
/// a refusal without it.
pub fn log_cause(refusal: &Refusal) {
    if let Some(cause) = &refusal.cause {
        tracing::error!(error.kind = cause.kind, error.message = cause.message, "failed to read or write storage");
    }
}
