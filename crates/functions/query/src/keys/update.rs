//! `PATCH /keys/{id}`: disables, enables or renames a key.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::patch;
use http::Request;
use http_common::Answer;
use http_common::describe::Description;
use model::audit::AuditAction;
use model::id::KeyId;
use model::outcome::{Reason, Refusal};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::ports::KeyChange;

use super::{KeyEntry, MAX_NAME, ManagedKey, NAME_PATTERN, check_name, refuse_unknown};
use crate::Query;
use crate::body::{parse_body, some_of};

/// The expected body, for refusals.
const FORM: &str = "an object with `disabled`: true or false, or `name`: text, or both";

pub(crate) fn route() -> Router<Arc<Query>> {
    Router::new().route("/keys/{id}", patch(handle))
}

pub(super) fn describe(api: &mut Description) {
    api.operation("patch", "/keys/{id}", "updateKey", "Disables, enables or renames a key")
        .path::<KeyId>("id", "the key's id, as `GET /keys` lists it")
        .body::<KeyPatch>(json!({ "disabled": true }))
        .data::<ChangedKey>(200, "the key as it is now; a disabled key cannot change anything any more, but other processes may let it read and send events for up to a minute")
        .error(Reason::ParameterInvalid, "this is not the id of a key")
        .error(Reason::KeyIdUnknown, "there is no such key");
}

async fn handle(State(query): State<Arc<Query>>, key: ManagedKey, request: Request<Body>) -> Response {
    query.answer(update(&query, &key, request)).await
}

/// The changes of a key: one or both.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "KeyChange", extend("anyOf" = some_of(&["disabled", "name"], &[])))]
struct KeyPatch {
    /// Whether the key is disabled.
    disabled: Option<bool>,
    /// The new name of the key.
    #[schemars(length(max = MAX_NAME), regex(pattern = NAME_PATTERN))]
    name: Option<String>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct ChangedKey {
    key: KeyEntry,
}

async fn update(query: &Query, key: &ManagedKey, request: Request<Body>) -> Answer {
    let hash = &key.hash;
    let KeyPatch { disabled, name } = parse_body(request, FORM).await?;
    if disabled.is_none() && name.is_none() {
        return Err(Refusal::new(Reason::BodyInvalid, format!("the body changes nothing: send {FORM}")));
    }
    name.as_deref().map_or(Ok(()), check_name)?;
    let changed = query.stores.key_ring.change(hash, &KeyChange { disabled, name, project: None }).await;
    query.authenticator.forget(hash);
    let changed = changed?.ok_or_else(|| refuse_unknown(hash.id()))?;
    let (before, after) = (KeyEntry::new(hash, &key.record, None), KeyEntry::new(hash, &changed, None));
    query.record_key(key.admin.caller(), AuditAction::KeyChanged, &before, &after).await;
    http_common::data(ChangedKey { key: KeyEntry::new(hash, &changed, query.last_use(hash.id()).await?) })
}
