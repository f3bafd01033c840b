//! Records why messages failed, for the operator who finds them among the dead letters.

use std::collections::BTreeMap;

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
/// How many ids are logged of the messages that failed for the same reason.
const MAX_LOGGED_IDS: usize = 10;

impl Processor {
    /// Logs the failed messages, records the reasons, and returns the failures.
    pub(crate) async fn report_failures(
        &self,
        deliveries: &[Delivery],
        failed: FailedDeliveries,
        deadline: Deadline,
    ) -> Vec<Failure> {
        let failed: Vec<_> = failed.into_reasons().map(|(index, reason)| (&deliveries[index].id, reason)).collect();
        // Thousands of messages fail together when the table refuses everything or the time is over.
        let mut by_reason: BTreeMap<String, Vec<&String>> = BTreeMap::new();
        for (id, reason) in &failed {
            // Quotes are removed because they may hold parts of the message, which is not scrubbed.
            by_reason.entry(reason.without_quotes()).or_default().push(id);
        }
        for (reason, ids) in by_reason {
            let first = &ids[..ids.len().min(MAX_LOGGED_IDS)];
            tracing::error!(messages.len = ids.len(), messages.ids = ?first, error.message = reason, "failed to process messages");
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
