use model::id::KeyId;
use model::time::Timestamp;
use quick_cache::sync::Cache;

/// The use of a key that was evicted is recorded once more.
const MAX_CACHED_KEYS: usize = 10_000;

/// The newest day for which the use of each key was recorded.
#[derive(Debug)]
pub(crate) struct KeyUseCache(Cache<KeyId, Timestamp>);

impl Default for KeyUseCache {
    fn default() -> Self {
        Self(Cache::new(MAX_CACHED_KEYS))
    }
}

impl KeyUseCache {
    pub(crate) fn contains(&self, key: KeyId, day: Timestamp) -> bool {
        self.0.get(&key).is_some_and(|recorded| recorded >= day)
    }

    pub(crate) fn insert(&self, key: KeyId, day: Timestamp) {
        self.0.insert(key, day);
    }
}
