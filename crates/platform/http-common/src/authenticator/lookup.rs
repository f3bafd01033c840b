//! Looks records up through a cache, so that most requests cause no read.

use std::fmt::Display;
use std::hash::Hash;
use std::sync::Arc;

use model::outcome::Refusal;
use model::time::Timestamp;
use store::{Recent, Since};

use super::{MAX_CACHED, Trust};

/// How long a known record is trusted without another look-up, in seconds. After another process disables a key or a
/// user, they can still read and post events for this long. All other requests look them up each time.
const KNOWN_SECONDS: i64 = 60;
/// How long a record that was known is trusted while it cannot be looked up, in seconds since it was last read. An outage
/// of the table, or requests that use up its capacity, must not make clients lose events.
const STALE_SECONDS: i64 = 900;
/// How soon a record that could not be looked up is looked up again, in seconds. Until then nobody waits for the table.
const RETRY_SECONDS: i64 = 5;
/// How long an unknown id is remembered as unknown, in seconds.
const UNKNOWN_SECONDS: i64 = 10;

/// Records of one kind, by their ids. Clones share the cache.
#[derive(Debug)]
pub(super) struct CachedLookup<I, R>(Arc<Recent<I, CachedRecord<R>, MAX_CACHED>>);

/// The result of looking a record up.
#[derive(Clone, Debug)]
struct CachedRecord<R> {
    /// `None`: it does not exist.
    record: Option<R>,
    read_at: Timestamp,
}

/// A record, and how it was found.
pub(super) struct FoundRecord<R> {
    pub(super) record: Option<R>,
    /// Whether it was read just now.
    pub(super) is_read: bool,
}

impl<I: Eq + Hash, R> Default for CachedLookup<I, R> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<I, R> Clone for CachedLookup<I, R> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<I: Eq + Hash + Copy, R: Clone> CachedLookup<I, R> {
    /// Whether this process has looked the id up before.
    pub(super) fn has_seen(&self, id: &I) -> bool {
        self.0.get_expired(id).is_some()
    }

    /// Removes a record that was changed, so that this process sees the change at once.
    pub(super) fn forget(&self, id: &I) {
        self.0.forget_one(id);
    }

    /// Returns the record with this id, from the cache or by `read`. `name` is what logs call it.
    pub(super) async fn find<F>(
        &self,
        id: I,
        trust: Trust,
        now: Timestamp,
        name: impl Display,
        read: impl FnOnce() -> F,
    ) -> Result<FoundRecord<R>, Refusal>
    where
        F: Future<Output = store::Result<Option<R>>>,
    {
        let since = self.0.since();
        if trust == Trust::Remembered
            && let Some(cached) = self.0.get(&id, now)
        {
            return Ok(FoundRecord { record: cached.record, is_read: false });
        }
        let record = match read().await {
            Err(error) if error.is_transient() && trust == Trust::Remembered => {
                let record = self.find_stale(since, id, now, name).map(Some).ok_or(error)?;
                return Ok(FoundRecord { record, is_read: false });
            }
            found => found?,
        };
        let until = now.plus_seconds(if record.is_some() { KNOWN_SECONDS } else { UNKNOWN_SECONDS });
        self.0.put_read(since, id, CachedRecord { record: record.clone(), read_at: now }, until);
        Ok(FoundRecord { record, is_read: true })
    }

    /// Returns a record that was found some minutes ago, although that has expired. An id that was unknown is looked up
    /// again and again, because it may exist by now.
    fn find_stale(&self, since: Since, id: I, now: Timestamp, name: impl Display) -> Option<R> {
        let (cached, _) = self.0.get_expired(&id)?;
        let record = cached.record.clone().filter(|_| now < cached.read_at.plus_seconds(STALE_SECONDS))?;
        tracing::warn!(lookup.of = %name, "failed to look up who is asking, going by what was known");
        self.0.put_read(since, id, cached, now.plus_seconds(RETRY_SECONDS));
        Some(record)
    }
}
