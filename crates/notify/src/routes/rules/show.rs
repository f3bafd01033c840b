//! `GET /projects/{project}/rules`

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use gate::Answer;
use http::Request;

use crate::routes::Routes;

pub(super) fn route() -> Router<Arc<Routes>> {
    Router::new().route("/projects/{project}/rules", get(handle))
}

async fn handle(State(routes): State<Arc<Routes>>, request: Request<Body>) -> Response {
    routes.answer(show(&routes, request)).await
}

/// The rules with `[sealed]` in the place of every secret.
async fn show(routes: &Routes, request: Request<Body>) -> Answer {
    let project = routes.project(request.headers(), request.uri()).await?;
    routes.document(&project).await?.shown()
}
