//! Limits how many events a project may send. The same read also says which origins may send.
//!
//! There are two reasons to refuse. This process counts what it accepted itself in the current fixed window. And the
//! processor sets a mark when all processes together have reached a limit. With one process, as in `faultline serve`,
//! the first is exact. With several, each may accept up to the limit until it has read the mark, which takes at most
//! [`FRESH_SECONDS`] seconds.
//!
//! A request is accepted or refused as a whole. It is accepted if there is room for one event, so a single post may
//! exceed the limit by its other events.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use formats::inbox::Addressee;
use model::id::ProjectId;
use model::outcome::Refusal;
use model::project::{Attachments, Limit, Limits, PostedConfigs, Window};
use model::time::Timestamp;
use parking_lot::Mutex;
use store::Recent;
use store::ports::{Quota, Quotas};

/// How long a project's limits are used without reading them again, in seconds.
const FRESH_SECONDS: i64 = 10;
/// How soon limits that could not be read are read again, in seconds.
const RETRY_SECONDS: i64 = 5;
/// How long a post waits for limits to be read. Some SDKs give up after a second, while their user's request waits.
pub(crate) const READ_TIMEOUT: Duration = Duration::from_millis(500);
/// How many projects are cached. The least used are forgotten first.
const MAX_CACHED_PROJECTS: usize = 10_000;

/// Checks the limits of projects that sent something recently, and counts what each has sent.
pub struct Limiter {
    quotas: Arc<dyn Quotas>,
    /// The quota of each project as it was read, and until when it is used.
    known: Recent<Addressee, Option<Quota>, MAX_CACHED_PROJECTS>,
    /// The events accepted in the newest window of each kind, and the end of that window.
    taken: Mutex<HashMap<(ProjectId, Window), (u64, Timestamp)>>,
}

/// Events that were admitted, to be given back if they cannot be stored.
#[must_use]
pub(crate) struct Admitted {
    quota: Option<Quota>,
    events: u64,
}

impl Limiter {
    pub fn new(quotas: Arc<dyn Quotas>) -> Self {
        Self { quotas, known: Recent::default(), taken: Mutex::default() }
    }

    /// Counts `events` against the limits of the project, or refuses all of them.
    pub(crate) async fn admit(&self, project: &Addressee, events: u64, now: Timestamp) -> Result<Admitted, Refusal> {
        let quota = self.read_quota(project, now).await.filter(|quota| !quota.limits.is_none());
        let Some(&Quota { project, limits, mark, .. }) = quota.as_ref() else { return Ok(Admitted { quota, events }) };
        let mut taken = self.taken.lock();
        let marked = mark.filter(|mark| mark.holds(now)).map(|mark| (mark.limit, mark.until));
        let full = |limit: &Limit| match taken.get(&(project, limit.window)) {
            Some(&(count, end)) => now < end && count >= limit.most,
            None => false,
        };
        let full = limits.each().filter(full).map(|limit| (limit, limit.window.end(now)));
        if let Some((limit, end)) = marked.into_iter().chain(full).max_by_key(|(_, end)| *end) {
            return Err(Refusal::over(limit, end, events, now));
        }
        for limit in limits.each() {
            let (count, end) = taken.entry((project, limit.window)).or_default();
            if now >= *end {
                (*count, *end) = (0, limit.window.end(now));
            }
            *count += events;
        }
        Ok(Admitted { quota, events })
    }

    /// Subtracts events that were admitted but could not be stored: their client sends them again.
    pub(crate) fn give_back(&self, Admitted { quota, events }: Admitted) {
        let Some(Quota { project, limits, .. }) = quota else { return };
        let mut taken = self.taken.lock();
        for limit in limits.each() {
            if let Some((count, _)) = taken.get_mut(&(project, limit.window)) {
                *count = count.saturating_sub(events);
            }
        }
    }

    /// Returns the limits of a project, which may be some seconds old. If they cannot be read, the last known ones
    /// apply, and a project that was never read has none: a failure of the limiter never causes an event to be refused.
    pub(crate) async fn read_quota(&self, project: &Addressee, now: Timestamp) -> Option<Quota> {
        let known = self.known.get_expired(project);
        if let Some((quota, until)) = &known {
            if now < *until {
                return quota.clone();
            }
            // One post reads again. Posts in the meantime use the old value, and so do all if the read fails.
            self.known.put(project.clone(), quota.clone(), now.plus_seconds(RETRY_SECONDS));
        }
        let (quota, trusted) = match tokio::time::timeout(READ_TIMEOUT, self.quotas.quota(project)).await {
            Ok(Ok(quota)) => (quota, FRESH_SECONDS),
            failed => {
                let error = match failed {
                    Ok(read) => read.err().map(|error| error.to_string()).unwrap_or_default(),
                    Err(late) => late.to_string(),
                };
                tracing::warn!(error.message = error, "failed to read the limits of a project");
                (known.and_then(|(quota, _)| quota), RETRY_SECONDS)
            }
        };
        self.known.put(project.clone(), quota.clone(), now.plus_seconds(trusted));
        quota
    }

    /// Caches a project that was just created with these limits. It accepts all origins.
    pub(crate) fn learn(&self, name: &Addressee, project: ProjectId, limits: Limits, now: Timestamp) {
        let (posted_configs, attachments) = (PostedConfigs::default(), Attachments::default());
        let quota = Quota { project, limits, mark: None, origins: None, posted_configs, attachments, retention: None };
        self.known.put(name.clone(), Some(quota), now.plus_seconds(FRESH_SECONDS));
    }
}
