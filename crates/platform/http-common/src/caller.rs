//! Who calls, and what they may do.

use std::sync::Arc;

use formats::inbox::Addressee;
use http::header::AUTHORIZATION;
use http::{HeaderMap, Method, Request};
use model::error::history::Actor;
use model::id::{Key, KeyHash, KeyId, ProjectId, ProjectName};
use model::outcome::{Reason, Refusal};
use model::project::TimeUnit;
use model::time::Timestamp;
use store::Recent;
use store::clock::Clock;
use store::ports::{KeyRecord, KeyUse, Keys, Role, Scope};

/// How long a key that was found is trusted without looking again, in seconds. A disabled key reads and posts events for
/// this long where another process disabled it; for everything else each key is looked up.
const FOUND: i64 = 60;
/// How long a key that was not found stays unknown, in seconds.
const NOT_FOUND: i64 = 10;
/// How many keys are remembered: anybody may show made-up ones.
const REMEMBERED: usize = 10_000;

/// Knows the keys. Clones share what they remember.
#[derive(Clone)]
pub struct Gate {
    keys: Arc<dyn Keys>,
    clock: Arc<dyn Clock>,
    /// The hash of the operator's own key, which is a parameter of the stack and in no table.
    operator: Option<KeyHash>,
    /// Where it is noted when keys are used, if this process may.
    uses: Option<Arc<dyn KeyUse>>,
    remembered: Arc<Recent<KeyHash, Option<KeyRecord>, REMEMBERED>>,
}

/// Whoever shows a key that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    role: Role,
    scope: Scope,
    /// The key that they show, and what its owner calls it; `None` for the operator's own.
    key: Option<(KeyHash, String)>,
}

impl Gate {
    /// A gate that knows `keys`, and the operator's admin key by its hash. Without either nothing is open.
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
    pub fn caller_in<B>(&self, request: &Request<B>) -> impl Future<Output = Result<Caller, Refusal>> + Send {
        // Not the request itself: its body may not be shared between threads, as what waits may be.
        let (visitor, headers) = (request.extensions().get::<Caller>().cloned(), request.headers());
        let trust = Trust::for_method(request.method());
        async move {
            match visitor {
                Some(caller) => Ok(caller),
                None => self.caller_with(shown(headers)?.hash(), trust).await,
            }
        }
    }

    /// The caller by the headers `x-api-key` or `Authorization: Bearer`, to post events: a key that was found a short time
    /// ago is trusted.
    pub async fn caller(&self, headers: &HeaderMap) -> Result<Caller, Refusal> {
        self.caller_with(shown(headers)?.hash(), Trust::Remembered).await
    }

    /// The caller who shows `key`, to post events.
    pub async fn caller_of(&self, key: &str) -> Result<Caller, Refusal> {
        self.caller_with(Key::parse(key).map_err(|_| unknown())?.hash(), Trust::Remembered).await
    }

    /// The caller who shows `key`, to sign in: the key is looked up.
    pub async fn caller_afresh(&self, key: &str) -> Result<Caller, Refusal> {
        self.caller_with(Key::parse(key).map_err(|_| unknown())?.hash(), Trust::Nothing).await
    }

    /// The caller whose key has this hash: it was shown before, and may have been disabled since.
    pub async fn caller_with(&self, hash: KeyHash, trust: Trust) -> Result<Caller, Refusal> {
        if self.operator.is_some_and(|operator| operator.is_same(&hash)) {
            return Ok(Caller { role: Role::Admin, scope: Scope::All, key: None });
        }
        let now = self.clock.now();
        let record = self.find(hash, trust, now).await?.filter(|record| record.is_good(now)).ok_or_else(unknown)?;
        Ok(Caller { role: record.role, scope: record.scope, key: Some((hash, record.name)) })
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
        let until = now.plus_seconds(if record.is_some() { FOUND } else { NOT_FOUND });
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

impl Caller {
    /// Allows only admins of the whole stack.
    pub fn admin(&self) -> Result<(), Refusal> {
        match self.administers()? {
            Scope::All => Ok(()),
            Scope::Project(..) => {
                Err(Refusal::new(Reason::KeyProject, "this key is of one project: use an admin key of the whole stack"))
            }
        }
    }

    /// Allows only admins of the project or of the whole stack. By its number, since its name may be another project's now.
    pub fn admin_of_id(&self, project: ProjectId) -> Result<(), Refusal> {
        within_id(self.administers()?, project)
    }

    /// Allows who may read the project: its readers and admins, and those of the whole stack.
    pub fn reader_of_id(&self, project: ProjectId) -> Result<(), Refusal> {
        within_id(self.reads()?, project)
    }

    /// Where the caller may change everything; only admins may anywhere.
    pub fn administers(&self) -> Result<&Scope, Refusal> {
        match self.role {
            Role::Admin => Ok(&self.scope),
            Role::Client => Err(wrong_role("a client key may only post errors: use an admin key")),
            Role::Read => Err(wrong_role("a read key changes nothing, and sees only errors: use an admin key")),
        }
    }

    /// Where the caller may read; readers and admins may.
    pub fn reads(&self) -> Result<&Scope, Refusal> {
        match self.role {
            Role::Admin | Role::Read => Ok(&self.scope),
            Role::Client => Err(wrong_role("a client key may only post errors: use a read or an admin key")),
        }
    }

    /// Allows a caller to hear that there is no project of this name: a key of one project is told of no other.
    pub fn may_miss(&self, project: &ProjectName) -> Result<(), Refusal> {
        match &self.scope {
            Scope::Project(_, own) if own != project => Err(wrong_project()),
            Scope::All | Scope::Project(..) => Ok(()),
        }
    }

    /// The one project that the key is of.
    pub fn own(&self) -> Option<ProjectId> {
        match &self.scope {
            Scope::Project(own, _) => Some(*own),
            Scope::All => None,
        }
    }

    /// Where events for `project` go: a key of the project says its number, one of all projects may also name a project
    /// that is yet to be made. A key that knows its project by another name is refused: see [`own`](Self::own).
    pub fn post_to(&self, project: &ProjectName) -> Result<Addressee, Refusal> {
        match self.posts()? {
            Scope::All => Ok(Addressee::Name(project.clone())),
            Scope::Project(id, own) if own == project => Ok(Addressee::Id(*id)),
            Scope::Project(..) => Err(wrong_project()),
        }
    }

    /// Where events for the project of this number go. Only a key of the project is taken: a number that no project has
    /// would otherwise be answered with success.
    pub fn post_to_id(&self, project: ProjectId) -> Result<Addressee, Refusal> {
        match self.posts()? {
            Scope::Project(own, _) if *own == project => Ok(Addressee::Id(project)),
            Scope::All | Scope::Project(..) => {
                let message = "a DSN needs a key of its own project: make one with POST /projects or POST /keys";
                Err(Refusal::new(Reason::KeyProject, message))
            }
        }
    }

    /// Where the caller may post; all but readers may.
    pub fn posts(&self) -> Result<&Scope, Refusal> {
        match self.role {
            Role::Client | Role::Admin => Ok(&self.scope),
            Role::Read => Err(wrong_role("a read key changes nothing: use a client key to post errors")),
        }
    }

    /// The key that the caller showed; `None` for the operator's own.
    pub fn key(&self) -> Option<KeyId> {
        self.key_hash().map(|hash| hash.id())
    }

    /// The hash of that key.
    pub fn key_hash(&self) -> Option<KeyHash> {
        self.key.as_ref().map(|(hash, _)| *hash)
    }

    /// What a history calls them: by their key's id and name.
    pub fn actor(&self) -> Actor {
        match &self.key {
            None => Actor::Operator,
            Some((hash, name)) => Actor::Key { id: hash.id(), name: name.clone() },
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
fn shown(headers: &HeaderMap) -> Result<Key, Refusal> {
    let bearer = || {
        let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
        let (scheme, key) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(key.trim())
    };
    let shown = headers.get("x-api-key").map(|value| value.to_str().unwrap_or_default()).or_else(bearer);
    let missing = || Refusal::new(Reason::KeyMissing, "no key: send one in the header x-api-key");
    Key::parse(shown.filter(|key| !key.is_empty()).ok_or_else(missing)?).map_err(|_| unknown())
}

fn within_id(scope: &Scope, project: ProjectId) -> Result<(), Refusal> {
    match scope {
        Scope::Project(own, _) if *own != project => Err(wrong_project()),
        Scope::All | Scope::Project(..) => Ok(()),
    }
}

fn unknown() -> Refusal {
    Refusal::new(Reason::KeyUnknown, "this key is not known here, or is disabled")
}

fn wrong_role(message: &str) -> Refusal {
    Refusal::new(Reason::KeyRole, message)
}

fn wrong_project() -> Refusal {
    Refusal::new(Reason::KeyProject, "this key is of another project: use one of this project or of all")
}
