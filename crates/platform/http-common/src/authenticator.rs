//! Finds the caller of a request by its API key.

use std::sync::Arc;

use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{Extensions, HeaderMap, Method, Request};
use model::id::{Key, KeyHash, KeyId};
use model::outcome::{Limited, Reason, Refusal};
use model::project::TimeUnit;
use model::time::Timestamp;
use store::clock::Clock;
use store::ports::{KeyRecord, KeyUse, Keys};
use store::{Recent, Since};

use crate::caller::Caller;
use crate::lookup_budget::LookupBudget;

/// How long a known key is trusted without another look-up, in seconds. After another process disables a key, it can
/// still read and post events for this long. All other requests look the key up each time.
const KNOWN_KEY_SECONDS: i64 = 60;
/// How long a key that was known is trusted while it cannot be looked up, in seconds since it was last read. An outage of
/// the table, or requests that use up its capacity, must not make clients lose events.
const STALE_KEY_SECONDS: i64 = 900;
/// How soon a key that could not be looked up is looked up again, in seconds. Until then nobody waits for the table.
const RETRY_SECONDS: i64 = 5;
/// How long an unknown key is remembered as unknown, in seconds.
const UNKNOWN_KEY_SECONDS: i64 = 10;
/// The most keys in the cache. It is bounded because anybody can send made-up keys.
const MAX_CACHED_KEYS: usize = 10_000;

/// Authenticates API keys. Clones share one cache.
#[derive(Clone)]
pub struct Authenticator {
    keys: Arc<dyn Keys>,
    clock: Arc<dyn Clock>,
    /// The hash of the operator's own key, which is a parameter of the stack and not in the table.
    operator: Option<KeyHash>,
    /// Records when keys are used, if this process may write that.
    uses: Option<Arc<dyn KeyUse>>,
    /// The keys whose use this process has recorded, until the end of the day.
    noted: Arc<Recent<KeyId, (), MAX_CACHED_KEYS>>,
    remembered: Arc<Recent<KeyHash, CachedKey, MAX_CACHED_KEYS>>,
    budget: LookupBudget,
}

/// The result of looking a key up.
#[derive(Clone, Debug)]
struct CachedKey {
    /// `None`: there is no such key.
    record: Option<KeyRecord>,
    read_at: Timestamp,
}

impl Authenticator {
    /// Authenticates by `keys`, and by the operator's admin key, given by its hash. A request with any other key is
    /// refused.
    pub fn new(keys: Arc<dyn Keys>, clock: Arc<dyn Clock>, operator: Option<KeyHash>) -> Self {
        let budget = LookupBudget::default();
        Self { keys, clock, operator, uses: None, noted: Arc::default(), remembered: Arc::default(), budget }
    }

    /// Also records in `uses` which keys are used, once a day for each key.
    #[must_use]
    pub fn noting(self, uses: Arc<dyn KeyUse>) -> Self {
        Self { uses: Some(uses), ..self }
    }

    /// Returns the caller of a request: the one that a page of this process acts for, or else the one whose key is in
    /// the headers. For requests that change anything, the key is looked up again.
    pub fn authenticate<B>(&self, request: &Request<B>) -> impl Future<Output = Result<Caller, Refusal>> + Send {
        // The future must not hold the request: its body cannot be shared between threads.
        self.authenticate_by(request.extensions(), request.headers(), request.method())
    }

    /// Like [`authenticate`](Self::authenticate), for a request without its body.
    pub fn authenticate_parts(&self, parts: &Parts) -> impl Future<Output = Result<Caller, Refusal>> + Send {
        self.authenticate_by(&parts.extensions, &parts.headers, &parts.method)
    }

    async fn authenticate_by(
        &self,
        extensions: &Extensions,
        headers: &HeaderMap,
        method: &Method,
    ) -> Result<Caller, Refusal> {
        match extensions.get::<Caller>() {
            Some(caller) => Ok(caller.clone()),
            None => self.authenticate_hash(find_key(headers)?.hash(), Trust::for_method(method)).await,
        }
    }

    /// Returns the caller of a request to post events, by the headers `x-api-key` or `Authorization: Bearer`. A
    /// recently found key is trusted without a look-up.
    pub async fn authenticate_headers(&self, headers: &HeaderMap) -> Result<Caller, Refusal> {
        self.authenticate_hash(find_key(headers)?.hash(), Trust::Remembered).await
    }

    /// Returns the caller with this key, to post events. A recently found key is trusted without a look-up.
    pub async fn authenticate_key(&self, key: &str) -> Result<Caller, Refusal> {
        self.authenticate_hash(Key::parse(key).map_err(|_| refuse_unknown())?.hash(), Trust::Remembered).await
    }

    /// Returns the caller with this key, to sign in. The key is always looked up.
    pub async fn authenticate_uncached(&self, key: &str) -> Result<Caller, Refusal> {
        self.authenticate_hash(Key::parse(key).map_err(|_| refuse_unknown())?.hash(), Trust::Nothing).await
    }

    /// Returns the caller whose key has this hash. The key was presented before and may have been disabled since.
    pub async fn authenticate_hash(&self, hash: KeyHash, trust: Trust) -> Result<Caller, Refusal> {
        if self.operator.is_some_and(|operator| operator.is_same(&hash)) {
            return Ok(Caller::operator());
        }
        let now = self.clock.now();
        let record =
            self.find(hash, trust, now).await?.filter(|record| record.is_good(now)).ok_or_else(refuse_unknown)?;
        Ok(Caller::with_key(hash, record))
    }

    /// Whether a request with this key may cause reads: the key was seen before, or unknown keys may still be looked up.
    pub fn may_read_for(&self, key: &str) -> bool {
        let is_known = Key::parse(key).is_ok_and(|key| self.remembered.get_expired(&key.hash()).is_some());
        is_known || self.budget.is_left(self.clock.now())
    }

    /// Removes a key from the cache after it was changed or removed, so that this process sees the change at once.
    pub fn forget(&self, hash: &KeyHash) {
        self.remembered.forget_one(hash);
    }

    async fn find(&self, hash: KeyHash, trust: Trust, now: Timestamp) -> Result<Option<KeyRecord>, Refusal> {
        let since = self.remembered.since();
        let cached = self.remembered.get_expired(&hash);
        let is_new = cached.is_none();
        if trust == Trust::Remembered
            && let Some((cached, _)) = cached.filter(|(_, until)| now < *until)
        {
            return Ok(cached.record);
        }
        if is_new {
            self.take_lookup(now)?;
        }
        let found = match trust {
            Trust::Remembered => match self.keys.find(&hash).await {
                Err(error) if error.is_transient() => {
                    return self.find_stale(since, hash, now).map(Some).ok_or_else(|| error.into());
                }
                found => found,
            },
            Trust::Nothing => self.keys.find_consistently(&hash).await,
        };
        let record = found?;
        if is_new && record.is_some() {
            self.budget.give_back();
        }
        if record.as_ref().is_some_and(|record| record.is_good(now)) {
            self.note(hash.id(), now).await;
        }
        let until = now.plus_seconds(if record.is_some() { KNOWN_KEY_SECONDS } else { UNKNOWN_KEY_SECONDS });
        self.remembered.put_read(since, hash, CachedKey { record: record.clone(), read_at: now }, until);
        Ok(record)
    }

    /// Takes a look-up of a key that this process has never seen from the budget, or refuses the request.
    fn take_lookup(&self, now: Timestamp) -> Result<(), Refusal> {
        if self.budget.take(now) {
            return Ok(());
        }
        let message = "too many unknown keys are being sent, so keys that were not used lately are not looked up: try \
                       again in a second; keys in use still work";
        let limited = Limited { events: 1, seconds: 1, until: now.plus_seconds(1) };
        Err(Refusal { limited: Some(limited), ..Refusal::new(Reason::KeyGuessesLimited, message) })
    }

    /// Returns a key that was found some minutes ago, although that has expired. A key that was unknown is looked up
    /// again and again, because it may exist by now.
    fn find_stale(&self, since: Since, hash: KeyHash, now: Timestamp) -> Option<KeyRecord> {
        let (cached, _) = self.remembered.get_expired(&hash)?;
        let record = cached.record.clone().filter(|_| now < cached.read_at.plus_seconds(STALE_KEY_SECONDS))?;
        tracing::warn!(key.id = %hash.id(), "failed to look a key up, going by what it was");
        self.remembered.put_read(since, hash, cached, now.plus_seconds(RETRY_SECONDS));
        Some(record)
    }

    /// Records the use of a key, unless this process has recorded that it was used today. A failure is logged and does
    /// not refuse the caller.
    async fn note(&self, id: KeyId, now: Timestamp) {
        let Some(uses) = self.uses.as_ref().filter(|_| self.noted.get(&id, now).is_none()) else { return };
        match uses.note_use(id, now).await {
            Ok(()) => self.noted.put(id, (), TimeUnit::Day.end(now)),
            Err(error) => {
                tracing::warn!(key.id = %id, error.message = %error, "failed to record the use of a key");
            }
        }
    }
}

/// Whether a recently found key is trusted without a look-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Trust it: for requests that read or post events.
    Remembered,
    /// Look the key up: for requests that change anything.
    Nothing,
}

impl Trust {
    /// The trust for requests with this method.
    pub fn for_method(method: &Method) -> Self {
        if method.is_safe() { Self::Remembered } else { Self::Nothing }
    }
}

/// Finds the key in the headers.
fn find_key(headers: &HeaderMap) -> Result<Key, Refusal> {
    let bearer = || {
        let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
        let (scheme, key) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(key.trim())
    };
    let shown = headers.get("x-api-key").map(|value| value.to_str().unwrap_or_default()).or_else(bearer);
    let missing = || Refusal::new(Reason::KeyMissing, "the request has no key: send one in the header x-api-key");
    Key::parse(shown.filter(|key| !key.is_empty()).ok_or_else(missing)?).map_err(|_| refuse_unknown())
}

fn refuse_unknown() -> Refusal {
    Refusal::new(Reason::KeyUnknown, "the key is unknown, disabled or expired")
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

    use async_trait::async_trait;
    use parking_lot::Mutex;
    use store::ports::{Role, Scope};
    use store::{Kind, StoreError};

    use super::*;

    /// A table that may fail, and a clock.
    #[derive(Default)]
    struct World {
        key: Mutex<Option<KeyRecord>>,
        fails_with: Mutex<Option<Kind>>,
        reads: AtomicUsize,
        seconds: AtomicI64,
    }

    #[async_trait]
    impl Keys for World {
        async fn find(&self, _: &KeyHash) -> store::Result<Option<KeyRecord>> {
            self.reads.fetch_add(1, Ordering::Relaxed);
            match *self.fails_with.lock() {
                Some(kind) => Err(StoreError::new(kind, "testing", "down")),
                None => Ok(self.key.lock().clone()),
            }
        }

        async fn find_consistently(&self, hash: &KeyHash) -> store::Result<Option<KeyRecord>> {
            self.find(hash).await
        }
    }

    impl Clock for World {
        fn now(&self) -> Timestamp {
            Timestamp::from_seconds(1_800_000_000 + self.seconds.load(Ordering::Relaxed))
        }

        fn random(&self) -> u128 {
            7
        }
    }

    impl World {
        /// Whether the key may post after so many seconds, and how often the table was read for that.
        async fn posts(&self, authenticator: &Authenticator, seconds: i64) -> (Result<(), Reason>, usize) {
            self.seconds.store(seconds, Ordering::Relaxed);
            let before = self.reads.load(Ordering::Relaxed);
            let found = authenticator.authenticate_key("a-client-key").await;
            (found.map(drop).map_err(|refusal| refusal.reason), self.reads.load(Ordering::Relaxed) - before)
        }
    }

    fn start() -> (Arc<World>, Authenticator) {
        let world = Arc::new(World::default());
        let key = Key::parse("a-client-key").unwrap();
        *world.key.lock() = Some(KeyRecord::new(&key, Role::Client, Scope::All, "test", world.now()));
        (world.clone(), Authenticator::new(world.clone(), world, None))
    }

    #[tokio::test]
    async fn a_known_key_works_for_fifteen_minutes_without_the_table() {
        for kind in [Kind::Throttled, Kind::Unavailable] {
            let (world, authenticator) = start();
            assert_eq!(world.posts(&authenticator, 0).await, (Ok(()), 1));
            *world.fails_with.lock() = Some(kind);
            assert_eq!(world.posts(&authenticator, 59).await, (Ok(()), 0));
            assert_eq!(world.posts(&authenticator, 60).await, (Ok(()), 1));
            assert_eq!(world.posts(&authenticator, 64).await, (Ok(()), 0), "nobody waits for a table that just failed");
            assert_eq!(world.posts(&authenticator, 899).await, (Ok(()), 1));
            assert_eq!(world.posts(&authenticator, 904).await, (Err(Reason::Unavailable), 1));
            *world.fails_with.lock() = None;
            assert_eq!(world.posts(&authenticator, 905).await, (Ok(()), 1));
        }
    }

    /// A flood of made-up keys causes a bounded number of reads, and does not keep keys in use from working.
    #[tokio::test]
    async fn a_flood_of_made_up_keys_is_not_looked_up() {
        let (world, authenticator) = start();
        assert_eq!(world.posts(&authenticator, 0).await, (Ok(()), 1));
        let record = world.key.lock().take();
        for number in 0..10_000 {
            let made_up = authenticator.authenticate_key(&format!("made-up-{number}")).await.map(drop).unwrap_err();
            let expected = if number < 100 { Reason::KeyUnknown } else { Reason::KeyGuessesLimited };
            assert_eq!(made_up.reason, expected, "{number}");
        }
        assert_eq!(world.reads.load(Ordering::Relaxed), 101);
        assert!(!authenticator.may_read_for("made-up-too") && authenticator.may_read_for("a-client-key"));
        *world.key.lock() = record;
        assert_eq!(world.posts(&authenticator, 0).await, (Ok(()), 0));
        // It has to be looked up again, and is: it was seen before.
        for number in 0..10_000 {
            world.seconds.store(60, Ordering::Relaxed);
            let _ = authenticator.authenticate_key(&format!("another-{number}")).await;
        }
        assert_eq!(world.posts(&authenticator, 60).await, (Ok(()), 1));
    }

    #[tokio::test]
    async fn a_key_that_was_disabled_or_never_known_does_not_work_without_the_table() {
        let (world, authenticator) = start();
        let hash = Key::parse("a-client-key").unwrap().hash();
        assert_eq!(world.posts(&authenticator, 0).await, (Ok(()), 1));
        authenticator.forget(&hash);
        *world.fails_with.lock() = Some(Kind::Throttled);
        assert_eq!(world.posts(&authenticator, 1).await, (Err(Reason::Unavailable), 1), "forgotten by its process");

        let (world, authenticator) = start();
        let record = world.key.lock().take();
        assert_eq!(world.posts(&authenticator, 0).await, (Err(Reason::KeyUnknown), 1));
        *world.fails_with.lock() = Some(Kind::Throttled);
        assert_eq!(world.posts(&authenticator, 11).await, (Err(Reason::Unavailable), 1), "it may exist by now");
        *world.fails_with.lock() = None;
        *world.key.lock() = record;
        assert_eq!(world.posts(&authenticator, 12).await, (Ok(()), 1));
    }

    #[tokio::test]
    async fn a_request_that_changes_anything_is_refused_while_the_key_cannot_be_read() {
        let (world, authenticator) = start();
        assert_eq!(world.posts(&authenticator, 0).await, (Ok(()), 1));
        *world.fails_with.lock() = Some(Kind::Throttled);
        let refused = authenticator.authenticate_uncached("a-client-key").await.map(drop).unwrap_err();
        assert_eq!(refused.reason, Reason::Unavailable);
    }
}
