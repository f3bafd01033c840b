//! Counts of refusals.

use std::collections::BTreeMap;

use axum::response::Response;
use model::outcome::{Reason, Refusal};
use parking_lot::Mutex;

use crate::answer::{self, Answer};
use crate::stages::{STORAGE, Stages};

/// How often this process refused something, by reason. Each refusal is also a log line (`outcome.reason`), by which
/// the refusals of a stack with many processes can be counted.
#[derive(Debug, Default)]
pub struct Outcomes {
    counts: Mutex<BTreeMap<&'static str, u64>>,
    stages: Stages,
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
            tracing::warn!(outcome.reason = reason.name(), events.len = events, "refused");
        }
        *self.counts.lock().entry(reason.name()).or_default() += events;
    }

    /// Returns the handler's answer, or its refusal, which is counted.
    pub async fn answer(&self, handler: impl Future<Output = Answer>) -> Response {
        handler.await.unwrap_or_else(|refusal| self.refuse(&refusal))
    }

    /// Returns the response for a refusal, and counts it.
    pub fn refuse(&self, refusal: &Refusal) -> Response {
        log_cause(refusal);
        self.count_events(refusal.reason, refusal.limited.map_or(1, |limited| limited.events));
        answer::refuse(refusal)
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
