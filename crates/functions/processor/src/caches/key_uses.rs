use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use model::id::KeyId;
use model::time::Timestamp;

/// When this many keys are cached, all are forgotten, and their use is recorded once more.
const MAX_CACHED_KEYS: usize = 10_000;

/// The newest day on which the use of each key was recorded.
#[derive(Debug, Default)]
pub(crate) struct KeyUseCache(Mutex<HashMap<KeyId, Timestamp>>);

impl KeyUseCache {
    fn lock(&self) -> MutexGuard<'_, HashMap<KeyId, Timestamp>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn contains(&self, key: KeyId, day: Timestamp) -> bool {
        self.lock().get(&key).is_some_and(|recorded| *recorded >= day)
    }

    pub(crate) fn insert(&self, key: KeyId, day: Timestamp) {
        let mut days = self.lock();
        if days.len() >= MAX_CACHED_KEYS {
            days.clear();
        }
        days.insert(key, day);
    }
}
