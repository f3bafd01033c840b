//! `DELETE /keys/{id}`

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::delete;
use http_common::Answer;
use http_common::describe::Description;
use model::id::{KeyHash, KeyId};
use model::outcome::Reason;

use super::ManagedKey;
use crate::Query;

pub(crate) fn route() -> Router<Arc<Query>> {
    Router::new().route("/keys/{id}", delete(handle))
}

pub(super) fn describe(api: &mut Description) {
    api.operation("delete", "/keys/{id}", "deleteKey", "Removes a key")
        .path::<KeyId>("id", "the key's id, as in lists")
        .empty_response(204, "the key is gone: it changes nothing any more; another process may let it read, and post events, for a minute")
        .error(Reason::ParameterInvalid, "this is no id")
        .error(Reason::KeyIdUnknown, "there is no such key");
}

async fn handle(State(query): State<Arc<Query>>, key: ManagedKey) -> Response {
    query.answer(delete_key(&query, &key.hash)).await
}

async fn delete_key(query: &Query, hash: &KeyHash) -> Answer {
    query.stores.key_ring.remove(hash).await?;
    query.authenticator.forget(hash);
    http_common::no_content()
}
