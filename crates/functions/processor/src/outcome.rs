//! The numbers that are counted after the commits, and not with them. None of them is promised to be exact: events that a
//! process committed just before it died, or before the time of its batch was over, are not counted, since they are not new
//! when they come again. That is at most one batch each time.

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
