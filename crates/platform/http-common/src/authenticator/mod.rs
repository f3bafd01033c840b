//! Finds the caller of a request by its API key, its personal access token, or its session.

mod lookup;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{Extensions, HeaderMap, Method, Request};
use model::id::{Key, KeyHash, KeyId, UserId};
use model::outcome::{Limited, Reason, Refusal};
use model::project::TimeUnit;
use model::time::Timestamp;
use store::Recent;
use store::clock::Clock;
use store::ports::{KeyRecord, KeyUse, Keys, MakerName, SessionHolder, TokenRecord, UserRecord, Users};

use crate::caller::Caller;
use crate::lookup_budget::LookupBudget;
use lookup::CachedLookup;

/// The most keys, tokens and users in each cache. It is bounded because anybody can send made-up keys.
const MAX_CACHED: usize = 10_000;

/// Authenticates API keys, personal access tokens and sessions. Clones share one cache.
#[derive(Clone)]
pub struct Authenticator {
    keys: Arc<dyn Keys>,
    users: Arc<dyn Users>,
    clock: Arc<dyn Clock>,
    /// The hash of the operator's own key, which is a parameter of the stack and not in the table.
    operator: Option<KeyHash>,
    /// Records when keys and tokens are used, if this process may write that.
    uses: Option<Arc<dyn KeyUse>>,
    /// The keys whose use this process has recorded, until the end of the day.
    noted: Arc<Recent<KeyId, (), MAX_CACHED>>,
    known_keys: CachedLookup<KeyHash, KeyRecord>,
    known_tokens: CachedLookup<KeyHash, TokenRecord>,
    known_users: CachedLookup<UserId, UserRecord>,
    budget: LookupBudget,
}

impl Authenticator {
    /// Authenticates by `keys` and `users`, and by the operator's admin key, given by its hash. A request with any other
    /// key is refused.
    pub fn new(keys: Arc<dyn Keys>, users: Arc<dyn Users>, clock: Arc<dyn Clock>, operator: Option<KeyHash>) -> Self {
        Self {
            keys,
            users,
            clock,
            operator,
            uses: None,
            noted: Arc::default(),
            known_keys: CachedLookup::default(),
            known_tokens: CachedLookup::default(),
            known_users: CachedLookup::default(),
            budget: LookupBudget::default(),
        }
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
            None => {
                let caller = self.find_caller(&find_key(headers)?, Trust::for_method(method)).await?;
                Ok(caller.from_client_in(extensions))
            }
        }
    }

    /// Returns the caller of a request to post events, by the headers `x-api-key` or `Authorization: Bearer`. A
    /// recently found key is trusted without a look-up.
    pub async fn authenticate_headers(&self, headers: &HeaderMap) -> Result<Caller, Refusal> {
        self.find_caller(&find_key(headers)?, Trust::Remembered).await
    }

    /// Returns the caller with this key, to post events. A recently found key is trusted without a look-up.
    pub async fn authenticate_key(&self, key: &str) -> Result<Caller, Refusal> {
        self.find_caller(&Key::parse(key).map_err(|_| refuse_unknown())?, Trust::Remembered).await
    }

    /// Returns the caller who signs in to the pages with this key: an API key, or the key of a user to sign in. It is
    /// always looked up. Personal access tokens are for programs: they sign nobody in.
    pub async fn sign_in(&self, key: &str) -> Result<(SessionHolder, Caller), Refusal> {
        let key = Key::parse(key).map_err(|_| refuse_unknown())?;
        if key.is_personal_token() {
            let message =
                "this is a personal access token, for programs: sign in with your own key, or with an API key";
            return Err(Refusal::new(Reason::KeyRole, message));
        }
        let hash = key.hash();
        let Some(id) = key.signs_in() else {
            return Ok((SessionHolder::Key(hash), self.authenticate_hash(hash, Trust::Nothing).await?));
        };
        self.take_lookup(self.clock.now())?;
        let user = self.find_user(id, Trust::Nothing).await?;
        let is_own = |user: &UserRecord| user.sign_in_key.is_some_and(|own| own.is_same(&hash));
        let user = user.filter(is_own).ok_or_else(refuse_unknown)?;
        self.budget.give_back();
        Ok((SessionHolder::User { id, epoch: user.session_epoch }, Caller::with_user(&user)))
    }

    /// Returns the caller of a session, who may not be valid any more.
    pub async fn authenticate_session(&self, holder: SessionHolder, trust: Trust) -> Result<Caller, Refusal> {
        match holder {
            SessionHolder::Key(hash) => self.authenticate_hash(hash, trust).await,
            SessionHolder::User { id, epoch } => {
                let user = self.find_user(id, trust).await?.filter(|user| user.session_epoch <= epoch);
                user.map(|user| Caller::with_user(&user)).ok_or_else(refuse_unknown)
            }
        }
    }

    /// Returns the caller whose key has this hash. The key was presented before and may have been disabled since.
    pub async fn authenticate_hash(&self, hash: KeyHash, trust: Trust) -> Result<Caller, Refusal> {
        if self.is_operator(&hash) {
            return Ok(Caller::operator());
        }
        let now = self.clock.now();
        let is_new = !self.known_keys.has_seen(&hash);
        if is_new {
            self.take_lookup(now)?;
        }
        let read = || async {
            match trust {
                Trust::Remembered => self.keys.find(&hash).await,
                Trust::Nothing => self.keys.find_consistently(&hash).await,
            }
        };
        let found = self.known_keys.find(hash, trust, now, hash.id(), read).await?;
        if is_new && found.record.is_some() {
            self.budget.give_back();
        }
        let record = found.record.filter(|record| record.is_good(now)).ok_or_else(refuse_unknown)?;
        if found.is_read {
            self.note(hash.id(), now).await;
        }
        Ok(Caller::with_key(hash, record))
    }

    /// Begins the look-up of a secret that anybody may make up, such as the token of an invitation. Refuses if too many
    /// were wrong.
    pub fn begin_guess(&self) -> Result<Guess<'_>, Refusal> {
        self.take_lookup(self.clock.now())?;
        Ok(Guess(&self.budget))
    }

    /// Refuses a caller who was disabled, removed or changed after being authenticated.
    pub async fn check_again(&self, caller: &Caller) -> Result<(), Refusal> {
        match caller.maker(self.clock.now()).map(|maker| maker.by) {
            None => Ok(()),
            Some(MakerName::Key(hash)) => self.authenticate_hash(hash, Trust::Nothing).await.map(drop),
            Some(MakerName::User { id, revision, token }) => {
                if let Some(hash) = token {
                    self.authenticate_token(hash, Trust::Nothing).await?;
                }
                let user = self.find_user(id, Trust::Nothing).await?.ok_or_else(refuse_unknown)?;
                let changed = || Refusal::new(Reason::Unavailable, "your roles were just changed: try again");
                (user.revision == revision).then_some(()).ok_or_else(changed)
            }
        }
    }

    /// Returns the caller with this key or token.
    async fn find_caller(&self, key: &Key, trust: Trust) -> Result<Caller, Refusal> {
        match key.is_personal_token() {
            true => self.authenticate_token(key.hash(), trust).await,
            false => self.authenticate_hash(key.hash(), trust).await,
        }
    }

    /// Returns the user who acts with the token of this hash, with the roles that the token allows.
    async fn authenticate_token(&self, hash: KeyHash, trust: Trust) -> Result<Caller, Refusal> {
        if self.is_operator(&hash) {
            return Ok(Caller::operator());
        }
        let now = self.clock.now();
        let is_new = !self.known_tokens.has_seen(&hash);
        if is_new {
            self.take_lookup(now)?;
        }
        let read = || async {
            match trust {
                Trust::Remembered => self.users.token(&hash).await,
                Trust::Nothing => self.users.token_consistently(&hash).await,
            }
        };
        let found = self.known_tokens.find(hash, trust, now, hash.id(), read).await?;
        if is_new && found.record.is_some() {
            self.budget.give_back();
        }
        let token = found.record.filter(|token| token.is_good(now)).ok_or_else(refuse_unknown)?;
        let user = self.find_user(token.user, trust).await?.ok_or_else(refuse_unknown)?;
        if found.is_read {
            self.note(hash.id(), now).await;
        }
        Ok(Caller::with_token(hash, &token, &user))
    }

    /// Returns a user who is not disabled.
    async fn find_user(&self, id: UserId, trust: Trust) -> Result<Option<UserRecord>, Refusal> {
        let read = || async {
            match trust {
                Trust::Remembered => self.users.user(id).await,
                Trust::Nothing => self.users.user_consistently(id).await,
            }
        };
        let found = self.known_users.find(id, trust, self.clock.now(), id, read).await?;
        Ok(found.record.filter(|user| !user.disabled))
    }

    fn is_operator(&self, hash: &KeyHash) -> bool {
        self.operator.is_some_and(|operator| operator.is_same(hash))
    }

    /// Whether a request with this key may cause reads: the key was seen before, or unknown keys may still be looked up.
    pub fn may_read_for(&self, key: &str) -> bool {
        let has_seen = |key: Key| match key.is_personal_token() {
            true => self.known_tokens.has_seen(&key.hash()),
            false => self.known_keys.has_seen(&key.hash()),
        };
        Key::parse(key).is_ok_and(has_seen) || self.budget.is_left(self.clock.now())
    }

    /// Removes a key or a token from the cache after it was changed or removed, so that this process sees the change at
    /// once.
    pub fn forget(&self, hash: &KeyHash) {
        self.known_keys.forget(hash);
        self.known_tokens.forget(hash);
    }

    /// Removes a user from the cache after a change, so that this process sees the change at once.
    pub fn forget_user(&self, id: UserId) {
        self.known_users.forget(&id);
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

/// The look-up of a secret, which counts unless it was right.
pub struct Guess<'a>(&'a LookupBudget);

impl Guess<'_> {
    /// The secret exists.
    pub fn was_right(self) {
        self.0.give_back();
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
