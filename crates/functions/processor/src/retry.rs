use std::collections::HashSet;

use crate::deadline::Deadline;
use crate::delivery::FailedDeliveries;
use crate::error_batch::{ErrorBatch, FailedBatch};
use crate::failure_reason::FailureReason;
use crate::index_ids::IndexedBatch;
use crate::processor::Processor;

/// The error batches of a round that are not committed yet.
pub(crate) struct PendingBatches {
    /// Batches to try next.
    ready: Vec<ErrorBatch>,
    /// Batches that failed in the current attempt.
    pub(crate) failed: Vec<FailedBatch>,
    attempt: u32,
}

impl PendingBatches {
    pub(crate) fn new(round: Vec<ErrorBatch>) -> Self {
        Self { ready: round, failed: Vec::new(), attempt: 0 }
    }

    /// Keeps back all but one of the batches that write the same error (because their errors are merged), so that they
    /// are committed one after the other.
    pub(crate) fn keep_back_conflicting(&mut self, batches: Vec<IndexedBatch>) -> Vec<IndexedBatch> {
        let mut written = HashSet::new();
        let writes_first = |indexed: &IndexedBatch| {
            let fingerprint =
                indexed.stored.target.as_ref().map_or(indexed.batch.fingerprint, |target| target.fingerprint);
            written.insert((indexed.batch.project, fingerprint))
        };
        let (first, others): (Vec<_>, Vec<_>) = batches.into_iter().partition(writes_first);
        self.ready.extend(others.into_iter().map(|indexed| indexed.batch));
        first
    }
}

impl Processor {
    /// Returns the batches to try next: those that were kept back, or else, after a pause, those that failed with a
    /// transient error. All other failed batches fail their deliveries. Returns `None` if nothing is left.
    pub(crate) async fn next_attempt(
        &self,
        pending: &mut PendingBatches,
        failed: &mut FailedDeliveries,
        deadline: Deadline,
    ) -> Option<Vec<ErrorBatch>> {
        if pending.ready.is_empty() {
            pending.attempt += 1;
            let pause = self.pause_after(pending.attempt);
            let has_time = !deadline.is_within(pause);
            for FailedBatch { batch, error } in std::mem::take(&mut pending.failed) {
                if error.is_transient() && has_time {
                    pending.ready.push(batch);
                } else {
                    failed.add_all(batch.delivery_indexes(), &FailureReason::from(error));
                }
            }
            if pending.ready.is_empty() {
                return None;
            }
            tokio::time::sleep(pause).await;
        }
        Some(std::mem::take(&mut pending.ready))
    }
}
