//! `/keys`: those that were made here. The operator's own, a parameter of the stack, is not among them.

mod create;
mod delete;
mod list;
mod rotate;
mod update;

use std::sync::Arc;

use axum::Router;
use domain::id::{KeyHash, KeyId};
use domain::outcome::{Reason, Refusal};
use gate::{Caller, storage_failed};
use http::Uri;
use serde_json::{Value, json};
use store::ports::{KeyRecord, Scope};

use crate::Query;
use crate::list::parameter;

/// The longest name of a key, in bytes.
const MAX_NAME: usize = 200;

pub(crate) fn routes() -> Router<Arc<Query>> {
    Router::new()
        .merge(create::route())
        .merge(delete::route())
        .merge(list::route())
        .merge(rotate::route())
        .merge(update::route())
}

/// The key that a path `/keys/{id}…` names, if `caller` may give such out.
async fn named(query: &Query, caller: &Caller, uri: &Uri) -> Result<(KeyHash, KeyRecord), Refusal> {
    caller.administers()?;
    let id = gate::decoded(uri.path().split('/').nth(2).unwrap_or_default());
    let id = KeyId::parse(&id).map_err(|error| parameter("id", error))?;
    let found = query.keys.with_id(id).await.map_err(|error| storage_failed(&error))?;
    let found = found.filter(|(_, key)| !key.has_expired(query.clock.now()));
    let (hash, key) = found.ok_or_else(|| unknown(id))?;
    allow(caller, &key.scope)?;
    Ok((hash, key))
}

/// Allows who may give out keys of this scope.
fn allow(caller: &Caller, scope: &Scope) -> Result<(), Refusal> {
    match scope {
        Scope::All => caller.admin(),
        Scope::Project(project, _) => caller.admin_of_id(*project),
    }
}

fn unknown(id: KeyId) -> Refusal {
    Refusal::new(Reason::KeyIdUnknown, format!("there is no key {id}: GET /keys lists those there are"))
}

fn check_name(name: &str) -> Result<(), Refusal> {
    match name.len() <= MAX_NAME && !name.chars().any(char::is_control) {
        true => Ok(()),
        false => {
            let message = format!("`name` may have {MAX_NAME} bytes, none of them control characters");
            Err(Refusal::new(Reason::BodyInvalid, message).at(["name"]))
        }
    }
}

/// What is shown of a key: all but the key itself.
fn entry(hash: &KeyHash, key: &KeyRecord) -> Value {
    let project = match &key.scope {
        Scope::All => None,
        Scope::Project(_, name) => Some(name),
    };
    json!({
        "id": hash.id(),
        "hint": key.hint,
        "role": key.role.as_str(),
        "project": project,
        "name": key.name,
        "createdAt": key.created_at,
        "disabled": key.disabled,
        // When on the day it was is of no use: it is the time of the first use.
        "lastUsed": key.last_used.map(|last| last.date()),
        "expiresAt": key.expires_at,
    })
}
