//! The processor's ports, settings and caches. Each stage has its own file; `pipeline` calls them in order.

use std::sync::Arc;
use std::time::Duration;

use model::project::Retention;
use model::time::{SECONDS_PER_DAY, Timestamp};
use store::clock::Clock;
use store::ports::{
    ClaimChecks, Configs, ErrorCommits, EventIndex, Failures, KeyUse, Projects, Releases, SearchIndex, Segments,
    Totals, Usage,
};
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
    pub(crate) projects: Arc<dyn Projects>,
    pub(crate) error_commits: Arc<dyn ErrorCommits>,
    pub(crate) index: Arc<dyn SearchIndex>,
    pub(crate) configs: Arc<dyn Configs>,
    pub(crate) segments: Arc<dyn Segments>,
    pub(crate) directory: Arc<dyn EventIndex>,
    pub(crate) claims: Arc<dyn ClaimChecks>,
    pub(crate) usage: Arc<dyn Usage>,
    pub(crate) releases: Arc<dyn Releases>,
    pub(crate) totals: Arc<dyn Totals>,
    pub(crate) keys: Arc<dyn KeyUse>,
    pub(crate) failures: Arc<dyn Failures>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) caches: Caches,
    retention_days: u32,
    /// Held while committing: two batches of one process that write the same error would make each other's commit fail.
    commit_turn: Mutex<()>,
}

/// The ports of a [`Processor`], and its settings.
pub struct Parts {
    pub projects: Arc<dyn Projects>,
    /// Errors, their timelines and their references.
    pub error_commits: Arc<dyn ErrorCommits>,
    /// The search index: the terms that errors are found by.
    pub index: Arc<dyn SearchIndex>,
    /// Notification configs that clients posted with errors.
    pub configs: Arc<dyn Configs>,
    /// Segments, which hold the occurrences.
    pub segments: Arc<dyn Segments>,
    /// The event index: where an event is, by its id.
    pub directory: Arc<dyn EventIndex>,
    /// The bodies of messages that are too large for the queue.
    pub claims: Arc<dyn ClaimChecks>,
    /// The events that count against the limits of projects.
    pub usage: Arc<dyn Usage>,
    pub releases: Arc<dyn Releases>,
    /// Event totals of projects and of the stack over time.
    pub totals: Arc<dyn Totals>,
    /// When keys were last used.
    pub keys: Arc<dyn KeyUse>,
    /// The recorded reasons why messages could not be processed.
    pub failures: Arc<dyn Failures>,
    /// The source of time and randomness.
    pub clock: Arc<dyn Clock>,
    /// How many days occurrences and aggregates are kept in projects that have no retention of their own.
    pub retention_days: u32,
}

impl Processor {
    pub fn new(parts: Parts) -> Self {
        Self {
            projects: parts.projects,
            error_commits: parts.error_commits,
            index: parts.index,
            configs: parts.configs,
            segments: parts.segments,
            directory: parts.directory,
            claims: parts.claims,
            usage: parts.usage,
            releases: parts.releases,
            totals: parts.totals,
            keys: parts.keys,
            failures: parts.failures,
            clock: parts.clock,
            retention_days: parts.retention_days,
            caches: Caches::default(),
            commit_turn: Mutex::default(),
        }
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
