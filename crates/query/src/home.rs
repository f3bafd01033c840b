//! `GET /`: what a person sees who opens the address.

use std::sync::Arc;

use axum::Router;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use gate::describe::Description;
use http::header::CONTENT_SECURITY_POLICY;

use serde_json::json;

use crate::Query;

pub(crate) fn route() -> Router<Arc<Query>> {
    Router::new().route("/", get(handle))
}

pub(crate) fn describe(api: &mut Description) {
    api.tag("stack");
    let page = json!({ "type": "string" });
    api.operation("get", "/", "getHome", "Shows a page to whoever opens the address").open().answers_as(
        200,
        "the page",
        "text/html",
        page,
    );
}

async fn handle() -> Response {
    ([(CONTENT_SECURITY_POLICY, web::CONTENT_SECURITY_POLICY)], Html(web::home(env!("CARGO_PKG_VERSION"))))
        .into_response()
}
