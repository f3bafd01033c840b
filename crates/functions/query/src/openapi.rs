//! `GET /openapi.json`: what the API is, for programs.

use std::sync::Arc;

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::CONTENT_TYPE;
use http_common::describe::Description;
use serde_json::json;

use crate::Query;

/// The description of the whole API, this crate's routes and others'. `server` generates it, from the code of all; a test
/// says when it is to be generated anew, and how.
const DOCUMENT: &str = include_str!("../openapi.json");

pub(crate) fn route() -> Router<Arc<Query>> {
    Router::new().route("/openapi.json", get(handle))
}

pub(crate) fn describe(api: &mut Description) {
    api.tag("stack");
    api.operation("get", "/openapi.json", "getDescription", "Answers this description").open().response_as(
        200,
        "OpenAPI 3.1",
        "application/json",
        json!({ "type": "object" }),
    );
}

/// Open to all: it says nothing of this deployment.
async fn handle() -> Response {
    ([(CONTENT_TYPE, "application/json")], DOCUMENT).into_response()
}
