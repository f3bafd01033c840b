//! Who calls, and what they may do.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::id::{Key, KeyHash, ProjectId, ProjectName};
use domain::inbox::Addressee;
use domain::outcome::{Reason, Refusal};
use domain::time::Timestamp;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use store::clock::Clock;
use store::ports::{KeyRecord, Keys, Role, Scope};

use crate::storage_failed;

/// How long a key that was found is trusted without looking again, in seconds: a disabled key works for this long.
const FOUND: i64 = 60;
/// How long a key that was not found stays unknown, in seconds.
const NOT_FOUND: i64 = 10;
/// How many keys are remembered; beyond it all are forgotten, so that a flood of made-up keys takes no memory.
const REMEMBERED: usize = 10_000;

/// Knows the keys.
pub struct Gate {
    keys: Arc<dyn Keys>,
    clock: Arc<dyn Clock>,
    /// The hash of the operator's own key, which is a parameter of the stack and in no table.
    operator: Option<KeyHash>,
    remembered: Mutex<HashMap<KeyHash, (Option<KeyRecord>, Timestamp)>>,
}

/// Whoever shows a key that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    role: Role,
    scope: Scope,
}

impl Gate {
    /// A gate that knows `keys`, and the operator's admin key by its hash. Without either nothing is open.
    pub fn new(keys: Arc<dyn Keys>, clock: Arc<dyn Clock>, operator: Option<KeyHash>) -> Self {
        Self { keys, clock, operator, remembered: Mutex::default() }
    }

    /// The caller by the headers `x-api-key` or `Authorization: Bearer`.
    pub async fn caller(&self, headers: &HeaderMap) -> Result<Caller, Refusal> {
        let bearer = || {
            let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
            let (scheme, key) = value.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then_some(key.trim())
        };
        let shown = headers.get("x-api-key").map(|value| value.to_str().unwrap_or_default()).or_else(bearer);
        let missing = || Refusal::new(Reason::KeyMissing, "no key: send one in the header x-api-key");
        self.caller_of(shown.filter(|key| !key.is_empty()).ok_or_else(missing)?).await
    }

    /// The caller who shows `key`.
    pub async fn caller_of(&self, key: &str) -> Result<Caller, Refusal> {
        let unknown = || Refusal::new(Reason::KeyUnknown, "this key is not known here, or is disabled");
        let hash = Key::parse(key).map_err(|_| unknown())?.hash();
        if self.operator == Some(hash) {
            return Ok(Caller { role: Role::Admin, scope: Scope::All });
        }
        let record = self.find(hash).await?.filter(|record| !record.disabled).ok_or_else(unknown)?;
        Ok(Caller { role: record.role, scope: record.scope })
    }

    async fn find(&self, hash: KeyHash) -> Result<Option<KeyRecord>, Refusal> {
        let now = self.clock.now();
        let remembered = || self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((record, until)) = remembered().get(&hash)
            && now < *until
        {
            return Ok(record.clone());
        }
        let record = self.keys.find(&hash).await.map_err(|error| storage_failed(&error))?;
        let until = now.plus_seconds(if record.is_some() { FOUND } else { NOT_FOUND });
        let mut remembered = remembered();
        if remembered.len() >= REMEMBERED {
            remembered.clear();
        }
        remembered.insert(hash, (record.clone(), until));
        Ok(record)
    }
}

impl Caller {
    /// Allows only admins of the whole stack.
    pub fn admin(&self) -> Result<(), Refusal> {
        match (self.role, &self.scope) {
            (Role::Admin, Scope::All) => Ok(()),
            (Role::Admin, Scope::Project(..)) => {
                Err(Refusal::new(Reason::KeyProject, "this key is of one project: use an admin key of the whole stack"))
            }
            (Role::Client, _) => Err(wrong_role()),
        }
    }

    /// Allows only admins of the project or of the whole stack.
    pub fn admin_of(&self, project: &ProjectName) -> Result<(), Refusal> {
        match (self.role, &self.scope) {
            (Role::Admin, Scope::All) => Ok(()),
            (Role::Admin, Scope::Project(_, own)) if own == project => Ok(()),
            (Role::Admin, Scope::Project(..)) => Err(wrong_project()),
            (Role::Client, _) => Err(wrong_role()),
        }
    }

    /// Allows what [`Caller::admin_of`] allowed by the name, now that the project is known: a name may be another
    /// project's by now.
    pub fn admin_of_id(&self, project: ProjectId) -> Result<(), Refusal> {
        match &self.scope {
            Scope::Project(own, _) if *own != project => Err(wrong_project()),
            Scope::All | Scope::Project(..) => Ok(()),
        }
    }

    /// Where events for `project` go: a key of the project says its number, one of all projects may also name a project
    /// that is yet to be made.
    pub fn post_to(&self, project: &ProjectName) -> Result<Addressee, Refusal> {
        match &self.scope {
            Scope::All => Ok(Addressee::Name(project.clone())),
            Scope::Project(id, own) if own == project => Ok(Addressee::Id(*id)),
            Scope::Project(..) => Err(wrong_project()),
        }
    }

    /// Where events for the project of this number go. Only a key of the project is taken: a number that no project has
    /// would otherwise be answered with success.
    pub fn post_to_id(&self, project: ProjectId) -> Result<Addressee, Refusal> {
        match &self.scope {
            Scope::Project(own, _) if *own == project => Ok(Addressee::Id(project)),
            Scope::All | Scope::Project(..) => {
                let message = "a DSN needs a key of its own project: make one with POST /projects or POST /keys";
                Err(Refusal::new(Reason::KeyProject, message))
            }
        }
    }

    /// Where the key is good.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }
}

fn wrong_role() -> Refusal {
    Refusal::new(Reason::KeyRole, "a client key may only post errors: use an admin key")
}

fn wrong_project() -> Refusal {
    Refusal::new(Reason::KeyProject, "this key is of another project: use one of this project or of all")
}
