//! `POST /keys/{id}/rotate`: replaces a key, which stays valid for some hours.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use http::Request;
use http_common::describe::Description;
use http_common::{Answer, BaseUrl};
use model::audit::AuditAction;
use model::id::KeyId;
use model::outcome::{Reason, Refusal};
use model::time::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::Kind;
use store::ports::KeyRecord;

use super::{KeyEntry, ManagedKey, NewKey};
use crate::Query;
use crate::body::parse_body;

/// The longest overlap, in hours: 90 days.
const MAX_OVERLAP_HOURS: u32 = 2_160;

pub(crate) fn route() -> Router<Arc<Query>> {
    Router::new().route("/keys/{id}/rotate", post(handle))
}

pub(super) fn describe(api: &mut Description) {
    api.operation("post", "/keys/{id}/rotate", "rotateKey", "Replaces a key with a new one")
        .description(
            "The new key has the same role, project and name. The old key stays valid for some hours, so that it can be replaced everywhere.",
        )
        .path::<KeyId>("id", "the key's id, as `GET /keys` lists it")
        .body::<KeyRotation>(json!({ "overlapHours": 24 }))
        .data::<RotatedKey>(201, "the new key, which is shown only in this answer, and the old key")
        .error(Reason::ParameterInvalid, "this is not the id of a key")
        .error(Reason::KeyIdUnknown, "there is no such key")
        .error(Reason::KeyRotated, "the key was already rotated");
}

async fn handle(State(query): State<Arc<Query>>, key: ManagedKey, request: Request<Body>) -> Response {
    let base = BaseUrl::from_request(request.headers(), request.extensions());
    query.answer(rotate(&query, key, &base, request)).await
}

/// How long both keys are valid.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Overlap")]
struct KeyRotation {
    /// For how many hours the old key stays valid.
    #[schemars(range(max = MAX_OVERLAP_HOURS))]
    overlap_hours: u32,
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct RotatedKey {
    key: NewKey,
    replaced: KeyEntry,
}

/// The new key has the same role, project and name. A key can be rotated only once: after that, rotate its successor.
async fn rotate(query: &Query, key: ManagedKey, base: &BaseUrl, request: Request<Body>) -> Answer {
    let ManagedKey { hash: old_hash, record: old, admin } = key;
    let form =
        format!("an object with `overlapHours`: for how many hours the old key stays valid, 0 to {MAX_OVERLAP_HOURS}");
    let KeyRotation { overlap_hours } = parse_body(request, &form).await?;
    if overlap_hours > MAX_OVERLAP_HOURS {
        let message = format!("`overlapHours` must be 0 to {MAX_OVERLAP_HOURS} (got {overlap_hours})");
        return Err(Refusal::new(Reason::BodyInvalid, message).at(["overlapHours"]));
    }
    if let Some(end) = old.expires_at {
        return Err(refuse_rotated(old_hash.id(), Some(end)));
    }

    let now = query.clock.now();
    let until = now.plus_seconds(i64::from(overlap_hours) * 3_600);
    let key = query.new_key(old.role, base)?;
    let new = KeyRecord::new(&key, old.role, old.scope.clone(), old.name.as_str(), now);
    let maker = admin.caller().maker(now);
    match query.stores.key_ring.rotate(maker.as_ref(), &old_hash, until, &key.hash(), &new).await {
        // Another request was faster, or this key or the caller's key was disabled or deleted.
        Err(error) if error.kind() == Kind::Conflict => {
            query.authenticator.check_again(admin.caller()).await?;
            return Err(refuse_rotated(old_hash.id(), None));
        }
        rotated => rotated?,
    }
    query.authenticator.forget(&old_hash);
    let before = KeyEntry::new(&old_hash, &old, None);
    let old = KeyRecord { expires_at: Some(until), ..old };
    let after = KeyEntry::new(&old_hash, &old, None);
    query.record_key(admin.caller(), AuditAction::KeyRotated, &before, &after).await;
    let replaced = KeyEntry::new(&old_hash, &old, query.last_use(old_hash.id()).await?);
    http_common::created_data(RotatedKey { key: NewKey::new(&key, &new), replaced })
}

fn refuse_rotated(id: KeyId, until: Option<Timestamp>) -> Refusal {
    let until = until.map_or_else(String::new, |end| format!(" and is valid until {end}"));
    let message =
        format!("key {id} was already rotated{until}: rotate the key that replaced it, which GET /keys lists");
    Refusal::new(Reason::KeyRotated, message)
}
