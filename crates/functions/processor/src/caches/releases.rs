use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use model::id::ProjectId;
use model::timeline::Hour;
use store::ports::Release;

/// When this many releases are cached, all are forgotten and recorded once more.
const MAX_CACHED_RELEASES: usize = 10_000;

/// Releases that this process recorded.
#[derive(Default)]
pub(crate) struct ReleaseCache(Mutex<HashMap<(ProjectId, String), Release>>);

impl ReleaseCache {
    fn lock(&self) -> MutexGuard<'_, HashMap<(ProjectId, String), Release>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the cached release if recording `seen` would not change it.
    pub(crate) fn get(&self, project: ProjectId, seen: &Release) -> Option<Release> {
        let releases = self.lock();
        let cached = releases.get(&(project, seen.name.clone()))?;
        let covers = cached.first_seen <= seen.first_seen && Hour::of(cached.last_seen) >= Hour::of(seen.last_seen);
        covers.then(|| cached.clone())
    }

    pub(crate) fn insert(&self, project: ProjectId, release: Release) {
        let mut releases = self.lock();
        if releases.len() >= MAX_CACHED_RELEASES {
            releases.clear();
        }
        releases.insert((project, release.name.clone()), release);
    }
}
