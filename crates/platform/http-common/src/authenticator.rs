//! Finds out who calls, by their key.

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

/// How long a key that was found is trusted without looking again, in seconds. A disabled key reads and posts events for
/// this long where another process disabled it; for everything else each key is looked up.
const KNOWN_KEY_SECONDS: i64 = 60;
/// How long a key that was not found stays unknown, in seconds.
const UNKNOWN_KEY_SECONDS: i64 = 10;
/// How many keys are remembered: anybody may show made-up ones.
const MAX_CACHED_KEYS: usize = 10_000;

/// Knows the keys. Clones share what they remember.
#[derive(Clone)]
pub struct Authenticator {
    keys: Arc<dyn Keys>,
    clock: Arc<dyn Clock>,
    /// The hash of the operator's own key, which is a parameter of the stack and in no table.
    operator: Option<KeyHash>,
    /// Where it is noted when keys are used, if this process may.
    uses: Option<Arc<dyn KeyUse>>,
    remembered: Arc<Recent<KeyHash, Option<KeyRecord>, MAX_CACHED_KEYS>>,
}

impl Authenticator {
    /// Knows `keys`, and the operator's admin key by its hash. Without either nothing is open.
    pub fn new(keys: Arc<dyn Keys>, clock: Arc<dyn Clock>, operator: Option<KeyHash>) -> Self {
        Self { keys, clock, operator, uses: None, remembered: Arc::default() }
    }

    /// The same, noting in `uses` which keys are used, once a day for each.
    #[must_use]
    pub fn noting(self, uses: Arc<dyn KeyUse>) -> Self {
        Self { uses: Some(uses), ..self }
    }

    /// The caller of a request: whom a page of this process calls for, else whoever shows a key in the headers. For a
    /// request that changes anything the key is looked up afresh.
    pub fn authenticate<B>(&self, request: &Request<B>) -> impl Future<Output = Result<Caller, Refusal>> + Send {
        // Not the request itself: its body may not be shared between threads, as what waits may be.
        self.authenticate_by(request.extensions(), request.headers(), request.method())
    }

    /// The same, by what a request has besides its body.
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

    /// The caller by the headers `x-api-key` or `Authorization: Bearer`, to post events: a key that was found a short time
    /// ago is trusted.
    pub async fn authenticate_headers(&self, headers: &HeaderMap) -> Result<Caller, Refusal> {
        self.authenticate_hash(find_key(headers)?.hash(), Trust::Remembered).await
    }

    /// The caller who shows `key`, to post events.
    pub async fn authenticate_key(&self, key: &str) -> Result<Caller, Refusal> {
        self.authenticate_hash(Key::parse(key).map_err(|_| refuse_unknown())?.hash(), Trust::Remembered).await
    }

    /// The caller who shows `key`, to sign in: the key is looked up.
    pub async fn authenticate_uncached(&self, key: &str) -> Result<Caller, Refusal> {
        self.authenticate_hash(Key::parse(key).map_err(|_| refuse_unknown())?.hash(), Trust::Nothing).await
    }

    /// The caller whose key has this hash: it was shown before, and may have been disabled since.
    pub async fn authenticate_hash(&self, hash: KeyHash, trust: Trust) -> Result<Caller, Refusal> {
        if self.operator.is_some_and(|operator| operator.is_same(&hash)) {
            return Ok(Caller::operator());
        }
        let now = self.clock.now();
        let record =
            self.find(hash, trust, now).await?.filter(|record| record.is_good(now)).ok_or_else(refuse_unknown)?;
        Ok(Caller::with_key(hash, record))
    }

    /// Forgets a key that was changed or removed, so that this process knows at once.
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

    /// Notes that a key is used, if that is not known of this day. What fails is logged, and keeps nobody out.
    async fn note(&self, hash: &KeyHash, record: &KeyRecord, now: Timestamp) {
        let Some(uses) = &self.uses else { return };
        if record.last_used.is_some_and(|last| last >= TimeUnit::Day.start(now)) {
            return;
        }
        if let Err(error) = uses.note_use(hash.id(), now).await {
            tracing::warn!(key.id = %hash.id(), error.message = %error, "that a key is used is not noted");
        }
    }
}

/// Whether a key that was found a short time ago is taken to be good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// It is: to read, and to post events.
    Remembered,
    /// It is looked up: to change anything.
    Nothing,
}

impl Trust {
    /// By what a request does.
    pub fn for_method(method: &Method) -> Self {
        if method.is_safe() { Self::Remembered } else { Self::Nothing }
    }
}

/// The key in the headers.
fn find_key(headers: &HeaderMap) -> Result<Key, Refusal> {
    let bearer = || {
        let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
        let (scheme, key) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(key.trim())
    };
    let shown = headers.get("x-api-key").map(|value| value.to_str().unwrap_or_default()).or_else(bearer);
    let missing = || Refusal::new(Reason::KeyMissing, "no key: send one in the header x-api-key");
    Key::parse(shown.filter(|key| !key.is_empty()).ok_or_else(missing)?).map_err(|_| refuse_unknown())
}

fn refuse_unknown() -> Refusal {
    Refusal::new(Reason::KeyUnknown, "this key is not known here, or is disabled")
}
