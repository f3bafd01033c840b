//! `POST /api/1/session/`: recordings of what users did, which are not stored.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use http_common::describe::Description;
use serde_json::json;

use crate::Ingest;

pub(super) fn route() -> Router<Arc<Ingest>> {
    Router::new().route("/api/1/session", post(handle))
}

pub(super) fn describe(api: &mut Description) {
    let answer = json!({ "type": "object", "required": ["err"], "properties": { "err": { "const": 0 } } });
    api.operation(
        "post",
        "/api/1/session",
        "postRollbarSession",
        "Answers recordings of sessions of clients of Rollbar",
    )
    .open()
    .description("Recordings are not stored. The body is not read.")
    .response_as(200, "the recording is counted as not stored", "application/json", answer);
}

async fn handle(State(ingest): State<Arc<Ingest>>) -> Response {
    ingest.count_not_stored();
    ingest.answer(async { http_common::ok(&json!({ "err": 0 })) }).await
}
