//! `POST /bugsnag/sessions`: counts of sessions, which are not stored.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use http::StatusCode;
use http_common::describe::Description;
use serde_json::json;

use crate::Ingest;

pub(super) fn route() -> Router<Arc<Ingest>> {
    Router::new().route("/bugsnag/sessions", post(handle))
}

pub(super) fn describe(api: &mut Description) {
    let answer =
        json!({ "type": "object", "required": ["status"], "properties": { "status": { "const": "accepted" } } });
    api.operation("post", "/bugsnag/sessions", "postBugsnagSessions", "Answers sessions of clients of Bugsnag")
        .open()
        .description("Sessions are not stored. The body is not read. The client for Node.js would send refused sessions again and again.")
        .response_as(202, "the sessions are counted as not stored", "application/json", answer);
}

async fn handle(State(ingest): State<Arc<Ingest>>) -> Response {
    ingest.count_not_stored();
    // The client for Python takes only this status for success.
    ingest.answer(async { http_common::json(StatusCode::ACCEPTED, &json!({ "status": "accepted" })) }).await
}
