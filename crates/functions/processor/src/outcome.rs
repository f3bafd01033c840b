//! Numbers that are counted after the commits, not in the same transaction. None of them is guaranteed to be exact: if
//! a process dies after it committed events, or the time of its batch runs out, these events are not counted, since
//! they are not new when they are delivered again. At most one batch is missing each time.

use crate::commit::CommittedBatch;
use crate::event_totals::EventTotals;
use crate::key_uses::KeyUses;
use crate::quota_usage::QuotaUsage;

/// The new events of a batch, and the keys that its messages were sent with.
#[derive(Default)]
pub(crate) struct BatchOutcome {
    pub(crate) quota_usage: QuotaUsage,
    pub(crate) event_totals: EventTotals,
    pub(crate) key_uses: KeyUses,
}

impl BatchOutcome {
    pub(crate) fn add(&mut self, committed: &[CommittedBatch]) {
        for CommittedBatch(batch) in committed {
            self.quota_usage.add(batch);
            self.event_totals.add(batch);
        }
    }
}
