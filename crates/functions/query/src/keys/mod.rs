//! `/keys`: the keys that were created through the API. The operator's key is a parameter of the stack and not listed.

mod create;
mod delete;
mod list;
mod rotate;
mod token;
mod update;

use std::sync::Arc;

use axum::Router;
use axum::extract::FromRequestParts;
use axum::response::Response;
use http::Uri;
use http::request::Parts;
use http_common::describe::Description;
use http_common::{Admin, Caller};
use model::audit::{AuditAction, AuditEvent};
use model::id::{Key, ProjectName};
use model::id::{KeyHash, KeyId};
use model::outcome::{Reason, Refusal};
use model::time::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use store::Kind;
use store::ports::{KeyRecord, Role, Scope};

use crate::Query;
use crate::list::refuse_parameter;

/// The longest name of a key, in characters.
const MAX_NAME: usize = 200;
/// A name may contain anything except control characters.
const NAME_PATTERN: &str = r"^[^\x00-\x1f\x7f-\x9f]*$";

pub(crate) fn routes() -> Router<Arc<Query>> {
    Router::new()
        .merge(create::route())
        .merge(delete::route())
        .merge(list::route())
        .merge(rotate::route())
        .merge(update::route())
}

pub(crate) fn describe(api: &mut Description) {
    api.tag("keys");
    create::describe(api);
    delete::describe(api);
    list::describe(api);
    rotate::describe(api);
    update::describe(api);
}

/// The key that a path `/keys/{id}…` names. The caller has been checked to be allowed to manage it.
struct ManagedKey {
    hash: KeyHash,
    record: KeyRecord,
    admin: Admin,
}

impl FromRequestParts<Arc<Query>> for ManagedKey {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, query: &Arc<Query>) -> Result<Self, Response> {
        let admin = Admin::from_request_parts(parts, query).await?;
        find_key(query, admin, &parts.uri).await.map_err(|refusal| query.outcomes.refuse(&refusal))
    }
}

async fn find_key(query: &Query, admin: Admin, uri: &Uri) -> Result<ManagedKey, Refusal> {
    let id = http_common::decode_segment(uri.path().split('/').nth(2).unwrap_or_default());
    let id = KeyId::parse(&id).map_err(|error| refuse_parameter("id", error))?;
    let found = query.stores.key_ring.with_id(id).await?;
    let found = found.filter(|(_, key)| !key.has_expired(query.clock.now()));
    let (hash, key) = found.ok_or_else(|| refuse_unknown(id))?;
    check_scope(admin.caller(), &key.scope)?;
    Ok(ManagedKey { hash, record: key, admin })
}

/// Checks that the caller may manage keys of this scope.
fn check_scope(caller: &Caller, scope: &Scope) -> Result<(), Refusal> {
    match scope {
        Scope::All => caller.check_stack_admin(),
        Scope::Project(project, _) => caller.check_admin_of(*project),
    }
}

fn refuse_unknown(id: KeyId) -> Refusal {
    Refusal::new(Reason::KeyIdUnknown, format!("key {id} does not exist: GET /keys lists all keys"))
}

fn check_name(name: &str) -> Result<(), Refusal> {
    match name.chars().count() <= MAX_NAME && !name.chars().any(char::is_control) {
        true => Ok(()),
        false => {
            let message = format!("`name` may have at most {MAX_NAME} characters, and no control characters");
            Err(Refusal::new(Reason::BodyInvalid, message).at(["name"]))
        }
    }
}

/// A key, without the secret itself.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct KeyEntry {
    /// The public id of the key.
    id: KeyId,
    /// The first four characters of the key; null for short keys.
    hint: Option<String>,
    /// What the key may do.
    role: Role,
    /// The project that the key is for; null if it is valid in all projects.
    project: Option<ProjectName>,
    /// The name of the key; may be empty.
    name: String,
    created_at: Timestamp,
    /// Whether the key is disabled.
    disabled: bool,
    /// The last day on which the key was used, such as `2026-11-02`.
    last_used: Option<String>,
    /// When the key stops being valid, if it was rotated.
    expires_at: Option<Timestamp>,
}

impl KeyEntry {
    fn new(hash: &KeyHash, key: &KeyRecord, last_used: Option<Timestamp>) -> Self {
        let project = match &key.scope {
            Scope::All => None,
            Scope::Project(_, name) => Some(name.clone()),
        };
        Self {
            id: hash.id(),
            hint: key.hint.clone(),
            role: key.role,
            project,
            name: key.name.clone(),
            created_at: key.created_at,
            disabled: key.disabled,
            // Only the date is shown: the time is that of the first use on that day.
            last_used: last_used.map(Timestamp::date),
            expires_at: key.expires_at,
        }
    }
}

/// A new key, with the secret itself, which is shown only in this answer.
#[derive(Serialize, JsonSchema)]
struct NewKey {
    /// The secret, to be sent as `x-api-key` or in a DSN.
    key: String,
    #[serde(flatten)]
    entry: KeyEntry,
}

impl NewKey {
    fn new(key: &Key, record: &KeyRecord) -> Self {
        Self { key: key.reveal().to_owned(), entry: KeyEntry::new(&key.hash(), record, None) }
    }
}

/// An event about a key.
fn key_event(what: AuditAction, key: &KeyEntry) -> AuditEvent {
    AuditEvent::new(what).of(key.id).named(key.name.as_str()).in_project_if_any(key.project.as_ref())
}

impl Query {
    /// Records a change of a key in the audit log.
    async fn record_key(&self, caller: &Caller, what: AuditAction, before: &impl Serialize, after: &KeyEntry) {
        self.record(caller, key_event(what, after).changing(before, after)).await;
    }

    /// Returns when a key was last used.
    async fn last_use(&self, id: KeyId) -> Result<Option<Timestamp>, Refusal> {
        Ok(self.stores.key_uses.last_uses(&[id]).await?.remove(&id))
    }

    /// Adds a key that the caller creates, unless the caller's own key was just disabled or deleted.
    pub(crate) async fn add_key(&self, caller: &Caller, key: &Key, record: &KeyRecord) -> Result<(), Refusal> {
        let added = match caller.maker(self.clock.now()) {
            None => self.stores.key_ring.add(&key.hash(), record).await,
            Some(maker) => self.stores.key_ring.add_by(&maker, &key.hash(), record).await,
        };
        match added {
            Err(error) if error.kind() == Kind::Conflict => {
                self.authenticator.check_again(caller).await?;
                Err(error.into())
            }
            added => Ok(added?),
        }
    }
}
