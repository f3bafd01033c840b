//! `DELETE /keys/{id}`

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::delete;
use http::Request;
use http_common::Answer;
use http_common::describe::Description;
use model::id::KeyId;
use model::outcome::Reason;

use super::named;
use crate::Query;

pub(crate) fn route() -> Router<Arc<Query>> {
    Router::new().route("/keys/{id}", delete(handle))
}

pub(super) fn describe(api: &mut Description) {
    api.operation("delete", "/keys/{id}", "deleteKey", "Removes a key")
        .path::<KeyId>("id", "the key's id, as in lists")
        .answers_nothing(204, "the key is gone: it changes nothing any more; another process may let it read, and post events, for a minute")
        .refuses(Reason::ParameterInvalid, "this is no id")
        .refuses(Reason::KeyIdUnknown, "there is no such key");
}

async fn handle(State(query): State<Arc<Query>>, request: Request<Body>) -> Response {
    query.answer(remove(&query, request)).await
}

async fn remove(query: &Query, request: Request<Body>) -> Answer {
    let caller = query.gate.caller_in(&request).await?;
    let (hash, _) = named(query, &caller, request.uri()).await?;
    query.keys.remove(&hash).await?;
    query.gate.forget(&hash);
    http_common::no_content()
}
