//! Records why messages failed, for the operator who finds them among the dead letters.

use futures_util::stream::{StreamExt, iter};
use model::time::SECONDS_PER_DAY;
use store::ports::Noted;

use crate::deadline::Deadline;
use crate::delivery::{Delivery, FailedDeliveries, Failure};
use crate::failure_reason::FailureReason;
use crate::processor::Processor;

/// How long a reason is kept: one day longer than the dead-letter queue keeps its message.
const REASON_RETENTION_SECONDS: i64 = 15 * SECONDS_PER_DAY;
const MAX_CONCURRENT_WRITES: usize = 16;

impl Processor {
    /// Logs the failed messages, records the reasons, and returns the failures.
    pub(crate) async fn report_failures(
        &self,
        deliveries: &[Delivery],
        failed: FailedDeliveries,
        deadline: Deadline,
    ) -> Vec<Failure> {
        let failed: Vec<_> = failed.into_reasons().map(|(index, reason)| (&deliveries[index].id, reason)).collect();
        for (id, reason) in &failed {
            // Quotes are removed because they may hold parts of the message, which is not scrubbed.
            let text = reason.without_quotes();
            tracing::error!(message.id = id, error.message = text, "failed to process a message");
        }
        self.record_reasons(&failed, deadline).await;
        failed.into_iter().map(|(id, reason)| Failure { id: id.clone(), reason: reason.to_string() }).collect()
    }

    /// Records permanent failures only. A transient failure is often due to a lack of capacity, and recording it would
    /// add to the load.
    async fn record_reasons(&self, failed: &[(&String, FailureReason)], deadline: Deadline) {
        let at = self.clock.now();
        let expires_at = at.plus_seconds(REASON_RETENTION_SECONDS);
        let permanent = failed.iter().filter(|(_, reason)| !reason.is_transient());
        let writes = iter(permanent).for_each_concurrent(MAX_CONCURRENT_WRITES, |(id, reason)| async move {
            let recorded = Noted { reason: reason.without_quotes(), at };
            if let Err(error) = self.stores.failures.note_failure(id, &recorded, expires_at).await {
                tracing::warn!(message.id = id, error.message = %error, "failed to record why a message failed");
            }
        });
        // A reason that was not recorded in time is recorded when the message fails again.
        let _ = deadline.limit(writes).await;
    }
}
