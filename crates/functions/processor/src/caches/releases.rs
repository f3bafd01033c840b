use model::id::ProjectId;
use model::timeline::Hour;
use quick_cache::sync::Cache;
use store::ports::Release;

/// A release that was evicted is recorded once more.
const MAX_CACHED_RELEASES: usize = 10_000;

/// Releases that this process recorded.
pub(crate) struct ReleaseCache(Cache<(ProjectId, String), Release>);

impl Default for ReleaseCache {
    fn default() -> Self {
        Self(Cache::new(MAX_CACHED_RELEASES))
    }
}

impl ReleaseCache {
    /// Returns the cached release if recording `seen` would not change it.
    pub(crate) fn get(&self, project: ProjectId, seen: &Release) -> Option<Release> {
        let cached = self.0.get(&(project, seen.name.clone()))?;
        let covers = cached.first_seen <= seen.first_seen && Hour::of(cached.last_seen) >= Hour::of(seen.last_seen);
        covers.then_some(cached)
    }

    pub(crate) fn insert(&self, project: ProjectId, release: Release) {
        self.0.insert((project, release.name.clone()), release);
    }
}
