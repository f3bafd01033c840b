//! The processor's ports, settings and caches. The stages are in files of their own; `pipeline` calls them in order.

use std::sync::Arc;
use std::time::Duration;

use model::project::Retention;
use model::time::{SECONDS_PER_DAY, Timestamp};
use store::Stores;
use store::clock::Clock;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::Instant;

use crate::caches::Caches;
use crate::deadline::Deadline;

/// The first pause between attempts; each further one may be twice as long, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Turns batches of messages into segments and aggregates.
pub struct Processor {
    pub(crate) stores: Stores,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) caches: Caches,
    retention_days: u32,
    /// Held while committing: two batches of one process that write the same errors would refuse each other.
    commit_turn: Mutex<()>,
}

impl Processor {
    /// Creates a processor with empty caches. It keeps occurrences and their aggregates for `retention_days`, for
    /// projects that do not set this themselves.
    pub fn new(stores: Stores, clock: Arc<dyn Clock>, retention_days: u32) -> Self {
        Self { stores, clock, retention_days, caches: Caches::default(), commit_turn: Mutex::default() }
    }

    /// Waits until no other batch of this process commits. The deadline is later by the time that this takes.
    pub(crate) async fn wait_for_turn(&self, deadline: &mut Deadline) -> MutexGuard<'_, ()> {
        let asked_at = Instant::now();
        let turn = self.commit_turn.lock().await;
        *deadline = deadline.postpone(asked_at.elapsed());
        turn
    }

    /// When something written at `moment` may be removed.
    pub(crate) fn expires_at(&self, moment: Timestamp, retention: Option<Retention>) -> Timestamp {
        let days = retention.map_or(self.retention_days, Retention::days);
        moment.plus_seconds(i64::from(days) * SECONDS_PER_DAY)
    }

    /// How long to wait after `attempt`: up to twice as long each time, at random, so that processors which disturbed
    /// each other do not do so again.
    pub(crate) fn pause_after(&self, attempt: u32) -> Duration {
        let longest = FIRST_PAUSE.saturating_mul(1 << attempt.min(16)).min(LONGEST_PAUSE);
        let thousandths = (self.clock.random() % 1_000) as u32;
        longest * thousandths / 1_000
    }
}
