//! Finds the caller of a request by its API key.

use std::sync::Arc;

use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{Extensions, HeaderMap, Method, Request};
use model::id::{Key, KeyHash};
use model::outcome::{Reason, Refusal};
use model::project::TimeUnit;
use model::time::Timestamp;
use store::Recent;
use store::clock::Clock;
use store::ports::{KeyRecord, KeyUse, Keys};

use crate::caller::Caller;

/// How long a known key is trusted without another look-up, in seconds. After another process disables a key, it can
/// still read and post events for this long. All other requests look the key up each time.
const KNOWN_KEY_SECONDS: i64 = 60;
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
    remembered: Arc<Recent<KeyHash, Option<KeyRecord>, MAX_CACHED_KEYS>>,
}

impl Authenticator {
    /// Authenticates by `keys`, and by the operator's admin key, given by its hash. A request with any other key is
    /// refused.
    pub fn new(keys: Arc<dyn Keys>, clock: Arc<dyn Clock>, operator: Option<KeyHash>) -> Self {
        Self { keys, clock, operator, uses: None, remembered: Arc::default() }
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

    /// Removes a key from the cache after it was changed or removed, so that this process sees the change at once.
    pub fn forget(&self, hash: &KeyHash) {
        self.remembered.forget_one(hash);
    }

    async fn find(&self, hash: KeyHash, trust: Trust, now: Timestamp) -> Result<Option<KeyRecord>, Refusal> {
        let since = self.remembered.since();
        let found = match trust {
            Trust::Remembered => {
                if let Some(record) = self.remembered.get(&hash, now) {
                    return Ok(record);
                }
                self.keys.find(&hash).await
            }
            Trust::Nothing => self.keys.find_consistently(&hash).await,
        };
        let record = found?;
        if let Some(record) = record.as_ref().filter(|record| record.is_good(now)) {
            self.note(&hash, record, now).await;
        }
        let until = now.plus_seconds(if record.is_some() { KNOWN_KEY_SECONDS } else { UNKNOWN_KEY_SECONDS });
        self.remembered.put_read(since, hash, record.clone(), until);
        Ok(record)
    }

    /// Records the use of a key, unless it is known that it was used today. A failure is logged and does not refuse the
    /// caller.
    async fn note(&self, hash: &KeyHash, record: &KeyRecord, now: Timestamp) {
        let Some(uses) = &self.uses else { return };
        if record.last_used.is_some_and(|last| last >= TimeUnit::Day.start(now)) {
            return;
        }
        if let Err(error) = uses.note_use(hash.id(), now).await {
            tracing::warn!(key.id = %hash.id(), error.message = %error, "failed to record the use of a key");
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
