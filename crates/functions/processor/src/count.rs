//! Counts the outcome of a batch. A failure is logged and does not fail any message, since the events are stored.

use futures_util::stream::{StreamExt, iter};

use crate::deadline::Deadline;
use crate::outcome::BatchOutcome;
use crate::processor::Processor;

const MAX_CONCURRENT_WRITES: usize = 8;

impl Processor {
    pub(crate) async fn count(&self, outcome: BatchOutcome, deadline: Deadline) {
        let BatchOutcome { quota_usage, event_totals, key_uses } = outcome;
        let usages =
            quota_usage.into_projects().map(|(project, usage)| (project.to_string(), self.count_usage(project, usage)));
        best_effort("update the usage of a project", usages, deadline).await;
        let totals = event_totals.into_scopes().into_iter().map(|totals| (totals.label(), self.add_totals(totals)));
        best_effort("update event totals", totals, deadline).await;
        let uses = key_uses.into_keys().map(|(key, at)| (key.to_string(), self.record_key_use(key, at)));
        best_effort("record the use of a key", uses, deadline).await;
    }
}

/// Runs `writes`, each with the subject that its log line names, a few at a time.
pub(crate) async fn best_effort<F: Future<Output = store::Result<()>>>(
    purpose: &'static str,
    writes: impl Iterator<Item = (String, F)>,
    deadline: Deadline,
) {
    let run = |(subject, write)| async move {
        if let Err(error) = deadline.limit_fallible(write).await {
            tracing::warn!(subject = %subject, error.message = %error, "failed to {purpose}");
        }
    };
    iter(writes).for_each_concurrent(MAX_CONCURRENT_WRITES, run).await;
}
