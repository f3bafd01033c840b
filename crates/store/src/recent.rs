//! What a process read lately, so that it need not read it again.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use domain::time::Timestamp;

/// Remembers at most `MOST` values, each until a moment; beyond that it forgets all, so that a flood of keys takes no
/// memory.
#[derive(Debug)]
pub struct Recent<K, V, const MOST: usize>(Mutex<HashMap<K, (V, Timestamp)>>);

impl<K, V, const MOST: usize> Default for Recent<K, V, MOST> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V: Clone, const MOST: usize> Recent<K, V, MOST> {
    /// The value of `key`, if it still holds.
    pub fn get(&self, key: &K, now: Timestamp) -> Option<V> {
        let values = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        values.get(key).filter(|(_, until)| now < *until).map(|(value, _)| value.clone())
    }

    /// Remembers a value, which holds before `until`.
    pub fn put(&self, key: K, value: V, until: Timestamp) {
        let mut values = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if values.len() >= MOST {
            values.clear();
        }
        values.insert(key, (value, until));
    }

    /// Forgets all.
    pub fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
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

    #[test]
    fn a_flood_of_keys_takes_no_memory() {
        let recent = Recent::<_, _, 3>::default();
        for key in 0..100 {
            recent.put(key, (), at(10));
            assert_eq!(recent.get(&key, at(0)), Some(()));
            assert!(recent.0.lock().unwrap().len() <= 3);
        }
    }
}
