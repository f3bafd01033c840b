//! `GET /`: what a person sees who opens the address.

use std::sync::Arc;

use axum::Router;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use http::header::CONTENT_SECURITY_POLICY;

use crate::Query;

pub(crate) fn route() -> Router<Arc<Query>> {
    Router::new().route("/", get(handle))
}

async fn handle() -> Response {
    ([(CONTENT_SECURITY_POLICY, web::CONTENT_SECURITY_POLICY)], Html(web::home(env!("CARGO_PKG_VERSION"))))
        .into_response()
}
