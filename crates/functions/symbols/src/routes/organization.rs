//! `GET /api/0/organizations/{organization}/…`: what uploaders ask before they upload. An organisation may have any name.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use http::Request;
use http_common::BaseUrl;
use serde_json::json;

use crate::Symbols;
use crate::uploader::Uploader;

pub(super) fn routes() -> Router<Arc<Symbols>> {
    Router::new()
        .route("/api/0/organizations/{organization}", get(show))
        .route("/api/0/organizations/{organization}/repos", get(list_repositories))
}

async fn show(
    State(symbols): State<Arc<Symbols>>,
    _: Uploader,
    Path(name): Path<String>,
    request: Request<axum::body::Body>,
) -> Response {
    let base = BaseUrl::from_request(request.headers(), request.extensions());
    let links = json!({ "regionUrl": base.as_str(), "organizationUrl": base.as_str() });
    let body = json!({ "id": "1", "slug": name, "name": name, "links": links });
    symbols.answer(async { http_common::ok(&body) }).await
}

/// `sentry-cli releases set-commits` then sends the commits of the local repository.
async fn list_repositories(State(symbols): State<Arc<Symbols>>, _: Uploader) -> Response {
    symbols.answer(async { http_common::ok(&json!([])) }).await
}
