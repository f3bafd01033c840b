use std::future::Future;
use std::hash::Hash;
use std::sync::Arc;

use model::time::Timestamp;
use parking_lot::Mutex;
use quick_cache::unsync::Cache;

use crate::error::Result;

/// How long an answer of KMS is cached, in seconds. After the key is disabled or the permission is removed, sealing and
/// opening stop within this time. Means at most twelve calls an hour for each process and project.
const KEPT_SECONDS: i64 = 300;
/// How long a failure is cached, in seconds. Otherwise each request would wait for KMS while it does not answer.
const FAILURE_KEPT_SECONDS: i64 = 5;
/// The most answers in the cache. A data key has 32 bytes, a text from outside up to 4 kB.
const MAX_CACHED_VALUES: usize = 1_000;

/// Recent answers of KMS. Concurrent requests for the same answer share one call.
pub(super) struct Remembered<K, V>(Mutex<Cache<K, Arc<Slot<V>>>>);

type Slot<V> = tokio::sync::Mutex<Option<CachedValue<V>>>;

struct CachedValue<V> {
    answer: Result<Arc<V>>,
    until: Timestamp,
    uses: u64,
}

impl<K: Eq + Hash, V> Default for Remembered<K, V> {
    fn default() -> Self {
        Self(Mutex::new(Cache::new(MAX_CACHED_VALUES)))
    }
}

impl<K: Clone + Eq + Hash, V> Remembered<K, V> {
    /// Returns the cached answer for `key`, which may be used `uses` times. If there is none, calls `ask` and caches
    /// its answer.
    pub(super) async fn get<F>(&self, key: &K, now: Timestamp, uses: u64, ask: impl FnOnce() -> F) -> Result<Arc<V>>
    where
        F: Future<Output = Result<V>>,
    {
        let slot = self.slot(key);
        let mut slot = slot.lock().await;
        if let Some(entry) = slot.as_mut().filter(|entry| now < entry.until && entry.uses < uses) {
            entry.uses += 1;
            return entry.answer.clone();
        }
        let answer = ask().await.map(Arc::new);
        let until = now.plus_seconds(if answer.is_ok() { KEPT_SECONDS } else { FAILURE_KEPT_SECONDS });
        *slot = Some(CachedValue { answer: answer.clone(), until, uses: 1 });
        answer
    }

    fn slot(&self, key: &K) -> Arc<Slot<V>> {
        let mut slots = self.0.lock();
        if let Some(slot) = slots.get(key) {
            return slot.clone();
        }
        let slot = Arc::<Slot<V>>::default();
        slots.insert(key.clone(), slot.clone());
        slot
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use futures_util::future::join_all;

    use super::*;
    use crate::error::{Kind, StoreError};

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    #[derive(Default)]
    struct Kms(AtomicU64);

    impl Kms {
        async fn answer(&self) -> Result<u64> {
            tokio::task::yield_now().await;
            Ok(self.0.fetch_add(1, Ordering::Relaxed) + 1)
        }

        async fn fail(&self) -> Result<u64> {
            self.answer().await?;
            Err(StoreError::new(Kind::Unavailable, "testing", "down"))
        }
    }

    #[tokio::test]
    async fn an_answer_is_good_for_five_minutes_and_so_many_uses() {
        let (kms, remembered) = (Kms::default(), Remembered::default());
        let ask = async |key: &'static str, now| *remembered.get(&key, at(now), 3, || kms.answer()).await.unwrap();
        assert_eq!([ask("a", 0).await, ask("a", 299).await, ask("b", 299).await], [1, 1, 2]);
        assert_eq!([ask("a", 299).await, ask("a", 299).await], [1, 3], "three uses");
        assert_eq!([ask("b", 598).await, ask("b", 599).await], [2, 4], "five minutes");
    }

    #[tokio::test]
    async fn a_burst_asks_once() {
        let (kms, remembered) = (Kms::default(), Remembered::default());
        let asked = join_all((0..100).map(|_| remembered.get(&"a", at(0), 1_000, || kms.answer()))).await;
        assert!(asked.into_iter().all(|answer| *answer.unwrap() == 1));
    }

    #[tokio::test]
    async fn a_failure_stands_for_five_seconds() {
        let (kms, remembered) = (Kms::default(), Remembered::<_, u64>::default());
        for now in [0, 4] {
            let failed = remembered.get(&"a", at(now), 9, || kms.fail()).await.unwrap_err();
            assert_eq!(failed.kind(), Kind::Unavailable);
        }
        assert_eq!(kms.0.load(Ordering::Relaxed), 1);
        assert_eq!(*remembered.get(&"a", at(5), 9, || kms.answer()).await.unwrap(), 2);
    }

    #[tokio::test]
    async fn a_flood_of_keys_takes_no_memory() {
        let (kms, remembered) = (Kms::default(), Remembered::default());
        for key in 0..10 * MAX_CACHED_VALUES {
            remembered.get(&key, at(0), 9, || kms.answer()).await.unwrap();
        }
        assert!(remembered.0.lock().len() <= MAX_CACHED_VALUES);
    }
}
