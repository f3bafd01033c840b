//! The processor's ports, settings and caches. Each stage has its own file; `pipeline` calls them in order.

use std::sync::Arc;
use std::time::Duration;

use model::project::Retention;
use model::time::{SECONDS_PER_DAY, Timestamp};
use store::Stores;
use store::clock::Clock;
use symbolicator::Symbolicator;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::Instant;

use crate::caches::Caches;
use crate::deadline::Deadline;

/// The longest possible pause after the first attempt is twice this. It doubles with each attempt, up to
/// [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Turns batches of messages into segments and aggregates.
pub struct Processor {
    pub(crate) stores: Stores,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) caches: Caches,
    pub(crate) symbolicator: Symbolicator,
    retention_days: u32,
    /// Held while committing: two batches of one process that write the same error would make each other's commit fail.
    commit_turn: Mutex<()>,
}

impl Processor {
    /// Creates a processor with empty caches. It keeps occurrences and their aggregates for `retention_days`, for
    /// projects that do not set this themselves.
    pub fn new(stores: Stores, clock: Arc<dyn Clock>, retention_days: u32) -> Self {
        let symbolicator = Symbolicator::new(&stores, clock.clone());
        Self { stores, clock, symbolicator, retention_days, caches: Caches::default(), commit_turn: Mutex::default() }
    }

    /// Waits until no other batch of this process commits, and postpones the deadline by the time that it waited.
    pub(crate) async fn wait_for_turn(&self, deadline: &mut Deadline) -> MutexGuard<'_, ()> {
        let asked_at = Instant::now();
        let turn = self.commit_turn.lock().await;
        *deadline = deadline.postpone(asked_at.elapsed());
        turn
    }

    /// Returns when something that was written at `moment` may be removed.
    pub(crate) fn expires_at(&self, moment: Timestamp, retention: Option<Retention>) -> Timestamp {
        let days = retention.map_or(self.retention_days, Retention::days);
        moment.plus_seconds(i64::from(days) * SECONDS_PER_DAY)
    }

    /// Returns a random pause after `attempt`, of which the longest possible doubles each time. It is random so that
    /// processors whose commits conflicted do not conflict again.
    pub(crate) fn pause_after(&self, attempt: u32) -> Duration {
        let longest = FIRST_PAUSE.saturating_mul(1 << attempt.min(16)).min(LONGEST_PAUSE);
        let thousandths = (self.clock.random() % 1_000) as u32;
        longest * thousandths / 1_000
    }
}
