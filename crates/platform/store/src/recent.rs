//! What a process read lately, so that it need not read it again.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

use model::time::Timestamp;

/// Remembers at most `MAX_VALUES` values, each until a moment; beyond that it forgets all, so that a flood of keys takes no
/// memory.
#[derive(Debug)]
pub struct Recent<K, V, const MAX_VALUES: usize>(Mutex<Values<K, V>>);

#[derive(Debug)]
struct Values<K, V> {
    until: HashMap<K, (V, Timestamp)>,
    /// How often something was forgotten.
    forgotten: u64,
}

/// A moment in the life of a [`Recent`]: what is read after it and was forgotten since may be out of date.
#[derive(Clone, Copy, Debug)]
pub struct Since(u64);

impl<K, V, const MAX_VALUES: usize> Default for Recent<K, V, MAX_VALUES> {
    fn default() -> Self {
        Self(Mutex::new(Values { until: HashMap::new(), forgotten: 0 }))
    }
}

impl<K: Eq + Hash, V: Clone, const MAX_VALUES: usize> Recent<K, V, MAX_VALUES> {
    /// The value of `key`, if it still holds.
    pub fn get(&self, key: &K, now: Timestamp) -> Option<V> {
        let values = self.values();
        values.until.get(key).filter(|(_, until)| now < *until).map(|(value, _)| value.clone())
    }

    /// Remembers a value, which holds before `until`.
    pub fn put(&self, key: K, value: V, until: Timestamp) {
        self.values().insert::<MAX_VALUES>(key, value, until);
    }

    /// Now, to be asked before a value is read that [`Recent::put_read`] remembers.
    pub fn since(&self) -> Since {
        Since(self.values().forgotten)
    }

    /// Remembers a value that was read after `since`, unless anything was forgotten since: it may have changed.
    pub fn put_read(&self, since: Since, key: K, value: V, until: Timestamp) {
        let mut values = self.values();
        if values.forgotten == since.0 {
            values.insert::<MAX_VALUES>(key, value, until);
        }
    }

    /// Forgets the value of `key`, and what is being read for it.
    pub fn forget_one(&self, key: &K) {
        let mut values = self.values();
        values.until.remove(key);
        values.forgotten += 1;
    }

    /// Forgets all.
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

    /// A read that a change overtook must not bring back what was forgotten.
    #[test]
    fn what_was_forgotten_while_it_was_read_is_not_remembered() {
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
