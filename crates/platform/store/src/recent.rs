//! A small in-memory cache with expiry.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

use model::time::Timestamp;

/// A cache of at most `MAX_VALUES` values, each with its expiry. When it is full, it is cleared, so that a flood of
/// keys cannot use up memory.
#[derive(Debug)]
pub struct Recent<K, V, const MAX_VALUES: usize>(Mutex<Values<K, V>>);

#[derive(Debug)]
struct Values<K, V> {
    until: HashMap<K, (V, Timestamp)>,
    /// How often something was removed.
    forgotten: u64,
}

/// A point in the life of a [`Recent`]. A value that is read after it may be stale if something was forgotten since.
#[derive(Clone, Copy, Debug)]
pub struct Since(u64);

impl<K, V, const MAX_VALUES: usize> Default for Recent<K, V, MAX_VALUES> {
    fn default() -> Self {
        Self(Mutex::new(Values { until: HashMap::new(), forgotten: 0 }))
    }
}

impl<K: Eq + Hash, V: Clone, const MAX_VALUES: usize> Recent<K, V, MAX_VALUES> {
    /// Returns the value of `key`, if it has not expired.
    pub fn get(&self, key: &K, now: Timestamp) -> Option<V> {
        let values = self.values();
        values.until.get(key).filter(|(_, until)| now < *until).map(|(value, _)| value.clone())
    }

    /// Caches a value until `until`.
    pub fn put(&self, key: K, value: V, until: Timestamp) {
        self.values().insert::<MAX_VALUES>(key, value, until);
    }

    /// Marks the present point. Call it before reading a value that is passed to [`Recent::put_read`].
    pub fn since(&self) -> Since {
        Since(self.values().forgotten)
    }

    /// Caches a value that was read after `since`, unless anything was forgotten in the meantime: the value may have
    /// changed.
    pub fn put_read(&self, since: Since, key: K, value: V, until: Timestamp) {
        let mut values = self.values();
        if values.forgotten == since.0 {
            values.insert::<MAX_VALUES>(key, value, until);
        }
    }

    /// Removes the value of `key`. A value that is being read at this moment will not be cached.
    pub fn forget_one(&self, key: &K) {
        let mut values = self.values();
        values.until.remove(key);
        values.forgotten += 1;
    }

    /// Removes all values.
    pub fn forget(&self) {
        let mut values = self.values();
        values.until.clear();
        values.forgotten += 1;
    }

    fn values(&self) -> MutexGuard<'_, Values<K, V>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash, V> Values<K, V> {
    fn insert<const MAX_VALUES: usize>(&mut self, key: K, value: V, until: Timestamp) {
        if self.until.len() >= MAX_VALUES {
            self.until.clear();
        }
        self.until.insert(key, (value, until));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    #[test]
    fn a_value_holds_until_its_end() {
        let recent = Recent::<_, _, 2>::default();
        recent.put("a", 1, at(10));
        assert_eq!([recent.get(&"a", at(9)), recent.get(&"a", at(10)), recent.get(&"b", at(0))], [Some(1), None, None]);
        recent.put("a", 2, at(20));
        assert_eq!(recent.get(&"a", at(19)), Some(2));
        recent.forget();
        assert_eq!(recent.get(&"a", at(0)), None);
    }

    /// If a change overtakes a read, the outdated value must not return to the cache.
    #[test]
    fn a_value_forgotten_while_it_was_read_is_not_cached() {
        let recent = Recent::<_, _, 2>::default();
        let since = recent.since();
        recent.forget_one(&"a");
        recent.put_read(since, "a", 1, at(10));
        assert_eq!(recent.get(&"a", at(0)), None);
        recent.put_read(recent.since(), "a", 2, at(10));
        assert_eq!(recent.get(&"a", at(0)), Some(2));
    }

    #[test]
    fn a_flood_of_keys_takes_no_memory() {
        let recent = Recent::<_, _, 3>::default();
        for key in 0..100 {
            recent.put(key, (), at(10));
            assert_eq!(recent.get(&key, at(0)), Some(()));
            assert!(recent.values().until.len() <= 3);
        }
    }
}
