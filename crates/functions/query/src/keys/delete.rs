//! `DELETE /keys/{id}`

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::delete;
use http_common::Answer;
use http_common::describe::Description;
use model::audit::AuditAction;
use model::id::KeyId;
use model::outcome::Reason;

use serde_json::Value;

use super::{KeyEntry, ManagedKey, key_event};
use crate::Query;

pub(crate) fn route() -> Router<Arc<Query>> {
    Router::new().route("/keys/{id}", delete(handle))
}

pub(super) fn describe(api: &mut Description) {
    api.operation("delete", "/keys/{id}", "deleteKey", "Deletes a key")
        .path::<KeyId>("id", "the key's id, as `GET /keys` lists it")
        .empty_response(204, "the key is deleted and cannot change anything any more; other processes may let it read and send events for up to a minute")
        .error(Reason::ParameterInvalid, "this is not the id of a key")
        .error(Reason::KeyIdUnknown, "there is no such key");
}

async fn handle(State(query): State<Arc<Query>>, key: ManagedKey) -> Response {
    query.answer(delete_key(&query, &key)).await
}

async fn delete_key(query: &Query, key: &ManagedKey) -> Answer {
    let hash = &key.hash;
    query.stores.key_ring.remove(hash).await?;
    query.stores.key_uses.forget_use(hash.id()).await?;
    query.authenticator.forget(hash);
    let entry = KeyEntry::new(hash, &key.record, None);
    let event = key_event(AuditAction::KeyDeleted, &entry);
    query.record(key.admin.caller(), event.changing(&entry, &Value::Null)).await;
    http_common::no_content()
}
