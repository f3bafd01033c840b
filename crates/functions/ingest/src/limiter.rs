//! How many events a project may send; what is read for it says also whose pages may.
//!
//! Two things refuse: this process, by what it took itself in the fixed window that it is in; and the mark that the processor
//! sets when all processes together came to a limit. With one process, as in `faultline serve`, the first is exact; where
//! there are many, each of them takes at most the limit, until all have read the mark, at most [`FRESH_SECONDS`] seconds
//! after it was set.
//!
//! A request is taken or refused as a whole: it is taken if there is room for one event, so that one post may go over the
//! limit by what it brings besides.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use formats::inbox::Addressee;
use model::id::ProjectId;
use model::outcome::Refusal;
use model::project::{Limit, Limits, PostedConfigs, Window};
use model::time::Timestamp;
use parking_lot::{Mutex, MutexGuard};
use store::Recent;
use store::ports::{Quota, Quotas};

/// For how long a project's limits are trusted without looking again, in seconds.
const FRESH_SECONDS: i64 = 10;
/// How soon limits that could not be read are looked for again, in seconds.
const RETRY_SECONDS: i64 = 5;
/// How long a post waits for limits to be read: some SDKs give up after a second, in their user's request.
pub(crate) const READ_TIMEOUT: Duration = Duration::from_millis(500);
/// How many projects are remembered.
const MAX_CACHED_PROJECTS: usize = 10_000;

/// Knows the limits of the projects that sent something lately, and what each has sent.
pub struct Limiter {
    quotas: Arc<dyn Quotas>,
    /// What was read, and until when it is trusted.
    known: Recent<Addressee, Option<Quota>, MAX_CACHED_PROJECTS>,
    /// What was taken in the newest window of each kind, and its end.
    taken: Mutex<HashMap<(ProjectId, Window), (u64, Timestamp)>>,
}

/// Events that were taken, to be given back if they cannot be kept.
#[must_use]
pub(crate) struct Admitted {
    quota: Option<Quota>,
    events: u64,
}

impl Limiter {
    /// A limiter that has seen nothing yet.
    pub fn new(quotas: Arc<dyn Quotas>) -> Self {
        Self { quotas, known: Recent::default(), taken: Mutex::default() }
    }

    /// Takes `events` of what a project may send, or refuses all of them.
    pub(crate) async fn admit(&self, project: &Addressee, events: u64, now: Timestamp) -> Result<Admitted, Refusal> {
        let quota = self.read_quota(project, now).await.filter(|quota| !quota.limits.is_none());
        let Some(&Quota { project, limits, mark, .. }) = quota.as_ref() else { return Ok(Admitted { quota, events }) };
        let mut taken = self.taken();
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

    /// Takes back what was admitted and could not be kept: its client sends it again.
    pub(crate) fn give_back(&self, Admitted { quota, events }: Admitted) {
        let Some(Quota { project, limits, .. }) = quota else { return };
        let mut taken = self.taken();
        for limit in limits.each() {
            if let Some((count, _)) = taken.get_mut(&(project, limit.window)) {
                *count = count.saturating_sub(events);
            }
        }
    }

    /// What a project may send, as it was some seconds ago. If it cannot be read, what was read last stands, and who was
    /// never read is taken to have no limits: when the limiter fails, no event is refused for it.
    pub(crate) async fn read_quota(&self, project: &Addressee, now: Timestamp) -> Option<Quota> {
        let known = self.known.get_expired(project);
        if let Some((quota, until)) = &known {
            if now < *until {
                return quota.clone();
            }
            // One post looks again. Those that come in the meantime go by what it was, and so do all if that fails.
            self.known.put(project.clone(), quota.clone(), now.plus_seconds(RETRY_SECONDS));
        }
        let (quota, trusted) = match tokio::time::timeout(READ_TIMEOUT, self.quotas.quota(project)).await {
            Ok(Ok(quota)) => (quota, FRESH_SECONDS),
            failed => {
                let error = match failed {
                    Ok(read) => read.err().map(|error| error.to_string()).unwrap_or_default(),
                    Err(late) => late.to_string(),
                };
                tracing::warn!(error.message = error, "the limits of a project cannot be read");
                (known.and_then(|(quota, _)| quota), RETRY_SECONDS)
            }
        };
        self.known.put(project.clone(), quota.clone(), now.plus_seconds(trusted));
        quota
    }

    /// A project was made just now: it has no limits, and all may send to it.
    pub(crate) fn learn(&self, name: &Addressee, project: ProjectId, now: Timestamp) {
        let quota = Quota {
            project,
            limits: Limits::default(),
            mark: None,
            origins: None,
            posted_configs: PostedConfigs::default(),
        };
        self.known.put(name.clone(), Some(quota), now.plus_seconds(FRESH_SECONDS));
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<(ProjectId, Window), (u64, Timestamp)>> {
        self.taken.lock()
    }
}
