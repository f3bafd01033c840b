//! A bounded in-memory cache with expiry.

use std::hash::Hash;

use model::time::Timestamp;
use parking_lot::Mutex;
use quick_cache::unsync::Cache;

/// A cache of at most `MAX_VALUES` values, each with its expiry. When it is full, it evicts the values that are used
/// least: a flood of keys that are asked for once does not push out keys in use.
#[derive(Debug)]
pub struct Recent<K, V, const MAX_VALUES: usize>(Mutex<Values<K, V>>);

#[derive(Debug)]
struct Values<K, V> {
    cache: Cache<K, (V, Timestamp)>,
    /// How often something was removed.
    forgotten: u64,
}

/// A point in the life of a [`Recent`]. A value that is read after it may be stale if something was forgotten since.
#[derive(Clone, Copy, Debug)]
pub struct Since(u64);

impl<K: Eq + Hash, V, const MAX_VALUES: usize> Default for Recent<K, V, MAX_VALUES> {
    fn default() -> Self {
        Self(Mutex::new(Values { cache: Cache::new(MAX_VALUES), forgotten: 0 }))
    }
}

impl<K: Eq + Hash, V: Clone, const MAX_VALUES: usize> Recent<K, V, MAX_VALUES> {
    /// Returns the value of `key`, if it has not expired.
    pub fn get(&self, key: &K, now: Timestamp) -> Option<V> {
        self.get_expired(key).filter(|(_, until)| now < *until).map(|(value, _)| value)
    }

    /// Returns the value of `key` even if it has expired, and its expiry.
    pub fn get_expired(&self, key: &K) -> Option<(V, Timestamp)> {
        self.0.lock().cache.get(key).cloned()
    }

    /// Remembers a value, which expires at `until`.
    pub fn put(&self, key: K, value: V, until: Timestamp) {
        self.0.lock().cache.insert(key, (value, until));
    }

    /// Marks the present point. Call it before reading a value that is passed to [`Recent::put_read`].
    pub fn since(&self) -> Since {
        Since(self.0.lock().forgotten)
    }

    /// Caches a value that was read after `since`, unless anything was forgotten in the meantime: the value may have
    /// changed.
    pub fn put_read(&self, since: Since, key: K, value: V, until: Timestamp) {
        let mut values = self.0.lock();
        if values.forgotten == since.0 {
            values.cache.insert(key, (value, until));
        }
    }

    /// Forgets the value of `key`, and any value of it that is being read now.
    pub fn forget_one(&self, key: &K) {
        let mut values = self.0.lock();
        values.cache.remove(key);
        values.forgotten += 1;
    }

    pub fn forget(&self) {
        let mut values = self.0.lock();
        values.cache.clear();
        values.forgotten += 1;
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
    fn a_flood_of_keys_takes_no_memory_and_evicts_no_key_in_use() {
        let recent = Recent::<_, _, 100>::default();
        for _ in 0..3 {
            recent.put(0, (), at(10));
            assert_eq!(recent.get(&0, at(0)), Some(()));
        }
        for key in 1..100_000 {
            recent.put(key, (), at(10));
            assert!(recent.0.lock().cache.len() <= 100);
            if key % 50 == 0 {
                assert_eq!(recent.get(&0, at(0)), Some(()), "evicted by {key} others");
            }
        }
    }
}
