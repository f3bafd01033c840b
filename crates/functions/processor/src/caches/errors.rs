use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use model::error::ErrorAggregate;
use model::id::{ErrorKey, EventHash, Fingerprint};
use model::timeline::Minute;
use parking_lot::{Mutex, MutexGuard};
use store::ports::Commit;

use crate::error_batch::ErrorBatch;

/// How many minutes counted events are cached for. Older events are looked up in the table when they are delivered
/// again.
const CACHED_MINUTES: u32 = 3;
/// Limits of the cache: errors, and counted events of all errors together. When one is reached, the whole cache is
/// cleared. An event takes about 16 bytes, an error 2 to 5 kB and a hash 80 bytes.
const MAX_CACHED_ERRORS: usize = 8_000;
const MAX_CACHED_EVENTS: usize = 500_000;
const MAX_CACHED_OWNERS: usize = 100_000;

/// Errors that this process wrote recently. Using an entry instead of a read is safe: every commit requires that the
/// error still has the cached version, so if the entry is stale nothing is written.
#[derive(Default)]
pub(crate) struct ErrorCache(Mutex<CachedErrors>);

#[derive(Default)]
struct CachedErrors {
    errors: HashMap<ErrorKey, CachedError>,
    /// Maps a hash to the fingerprint of the error that it leads to.
    owners: HashMap<ErrorKey, Fingerprint>,
    events: usize,
}

impl CachedErrors {
    fn remove(&mut self, key: &ErrorKey) {
        if let Some(removed) = self.errors.remove(key) {
            let events = removed.counted.values().map(HashSet::len).sum::<usize>();
            self.events -= events.min(self.events);
        }
    }

    /// Caches the error that a committed one is merged into, as it was read. This does not tell which of its own events
    /// are counted.
    fn insert_target(&mut self, read: &ErrorAggregate) {
        let key = (read.project, read.fingerprint);
        let error = ErrorAggregate { version: read.version + 1, ..read.clone() };
        match self.errors.get_mut(&key) {
            Some(cached) if cached.error.uid == read.uid && cached.error.version > read.version => {}
            Some(cached) if cached.error.uid == read.uid && cached.error.version == read.version => {
                cached.error = error;
            }
            _ => {
                self.remove(&key);
                let since = Minute::of(error.last_seen).next();
                self.errors.insert(key, CachedError { error, since, counted: BTreeMap::new() });
            }
        }
    }
}

struct CachedError {
    error: ErrorAggregate,
    /// All events that the error counted in this minute or later are in `counted`.
    since: Minute,
    counted: BTreeMap<Minute, HashSet<EventHash>>,
}

/// An error as it was read, and those events of a batch that it already counts.
pub(crate) struct StoredError {
    /// `None` if the error does not exist.
    pub(crate) error: Option<ErrorAggregate>,
    /// The target, if the error is merged into one.
    pub(crate) target: Option<ErrorAggregate>,
    pub(crate) counted: HashSet<EventHash>,
}

/// Returns the minutes of the oldest and of the newest occurrence of a batch.
fn outer_minutes(batch: &ErrorBatch) -> Option<(Minute, Minute)> {
    Some((batch.occurrences.last()?.minute(), batch.occurrences.first()?.minute()))
}

impl ErrorCache {
    fn lock(&self) -> MutexGuard<'_, CachedErrors> {
        self.0.lock()
    }

    pub(crate) fn get(&self, batch: &ErrorBatch) -> Option<StoredError> {
        let cache = self.lock();
        let cached = cache.errors.get(&batch.key())?;
        let (first, last) = outer_minutes(batch)?;
        if first.previous() < cached.since {
            return None;
        }
        let target = match cached.error.merged_into {
            Some(into) => {
                let target = &cache.errors.get(&(batch.project, into))?.error;
                Some(target.has_merged(&cached.error).then(|| target.clone())?)
            }
            None => None,
        };
        let minutes = cached.counted.range(first.previous()..=last.next());
        let is_counted = |event: &EventHash| minutes.clone().any(|(_, events)| events.contains(event));
        let events = batch.occurrences.iter().map(|occurrence| occurrence.event);
        let counted = events.filter(is_counted).collect();
        Some(StoredError { error: Some(cached.error.clone()), target, counted })
    }

    /// Returns the errors that these hashes lead to, and the hashes that are not in the cache.
    pub(crate) fn owners(
        &self,
        hashes: impl Iterator<Item = ErrorKey>,
    ) -> (BTreeMap<ErrorKey, Fingerprint>, Vec<ErrorKey>) {
        let cache = self.lock();
        let mut owners = BTreeMap::new();
        let mut missing = BTreeSet::new();
        for hash in hashes {
            if let Some(&owner) = cache.owners.get(&hash) {
                owners.insert(hash, owner);
            } else {
                missing.insert(hash);
            }
        }
        (owners, missing.into_iter().collect())
    }

    pub(crate) fn insert_owners(&self, owners: &HashMap<ErrorKey, Fingerprint>) {
        let mut cache = self.lock();
        if cache.owners.len() + owners.len() > MAX_CACHED_OWNERS {
            cache.owners.clear();
        }
        cache.owners.extend(owners);
    }

    /// Caches an error after its commit.
    pub(crate) fn insert(&self, commit: &Commit) {
        let mut cache = self.lock();
        if cache.errors.len() >= MAX_CACHED_ERRORS
            || cache.events >= MAX_CACHED_EVENTS
            || cache.owners.len() >= MAX_CACHED_OWNERS
        {
            *cache = CachedErrors::default();
        }
        if let Some(target) = &commit.target {
            cache.insert_target(target);
        }
        let error = ErrorAggregate { version: commit.error.version + 1, ..commit.error.clone() };
        let newest = Minute::of(error.last_seen);
        let key = (error.project, error.fingerprint);
        for hash in commit.aliases.iter().chain([&error.fingerprint]) {
            cache.owners.insert((error.project, *hash), error.fingerprint);
        }
        let is_new = commit.error.version == 0;
        if let Some(CachedError { error: before, .. }) = cache.errors.get(&key) {
            let same_life = before.uid == error.uid;
            if same_life && before.version > commit.error.version {
                // Another batch of this process was committed later and cached first.
                return;
            }
            if !same_life || before.version != commit.error.version {
                // Another process wrote in between, and its events are not cached: start with an empty entry.
                cache.remove(&key);
            }
        }
        let mut events = cache.events;
        let cached = cache.errors.entry(key).or_insert_with(|| CachedError {
            error: error.clone(),
            // A new error has not counted any events before. For an older error, events are only known from the next
            // minute on: other events of this minute may have been counted earlier.
            since: if is_new { Minute::of(Default::default()) } else { newest.next() },
            counted: BTreeMap::new(),
        });
        cached.error = error;
        for reference in &commit.references {
            let minute = Minute::of(reference.last);
            if minute < cached.since {
                continue;
            }
            events += reference.events.len();
            cached.counted.entry(minute).or_default().extend(reference.events.iter().copied());
        }
        let keep_from = (0..CACHED_MINUTES).fold(newest, |minute, _| minute.previous());
        if cached.since < keep_from {
            cached.since = keep_from;
            let kept = cached.counted.split_off(&keep_from);
            events -= cached.counted.values().map(HashSet::len).sum::<usize>().min(events);
            cached.counted = kept;
        }
        cache.events = events;
    }

    /// Forgets an error that another process wrote, and the target that it is merged into.
    pub(crate) fn remove(&self, batch: &ErrorBatch) {
        let mut cache = self.lock();
        let into = cache.errors.get(&batch.key()).and_then(|cached| cached.error.merged_into);
        cache.remove(&batch.key());
        if let Some(into) = into {
            cache.remove(&(batch.project, into));
        }
    }
}
