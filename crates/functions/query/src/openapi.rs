//! `GET /openapi.json`: the OpenAPI document.

use std::sync::Arc;

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::CONTENT_TYPE;
use http_common::describe::Description;
use serde_json::json;

use crate::Query;

/// The OpenAPI document of the whole API, including the routes of other crates. `server` generates it from the code. A
/// test fails if it is out of date, and says how to generate it again.
const DOCUMENT: &str = include_str!("../openapi.json");

pub(crate) fn route() -> Router<Arc<Query>> {
    Router::new().route("/openapi.json", get(handle))
}

pub(crate) fn describe(api: &mut Description) {
    api.tag("stack");
    api.operation("get", "/openapi.json", "getDescription", "Returns this OpenAPI document").open().response_as(
        200,
        "OpenAPI 3.1",
        "application/json",
        json!({ "type": "object" }),
    );
}

/// Needs no key: the document is the same for every deployment.
async fn handle() -> Response {
    ([(CONTENT_TYPE, "application/json")], DOCUMENT).into_response()
}
