//! `GET /projects/{project}/rules`.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use http_common::describe::Description;
use http_common::{AdministeredProject, Answer};
use rules::Rules;

use crate::routes::Routes;

pub(super) fn route() -> Router<Arc<Routes>> {
    Router::new().route("/projects/{project}/rules", get(handle))
}

pub(super) fn describe(api: &mut Description) {
    super::sealed(api.operation("get", "/projects/{project}/rules", "getRules", "Shows the rules of a project"))
        .data::<Rules>(200, "the document, with `[sealed]` in place of every secret")
        .with_header(200, "ETag", "the version, for `If-Match`");
}

async fn handle(State(routes): State<Arc<Routes>>, project: AdministeredProject) -> Response {
    routes.answer(show(&routes, &project)).await
}

/// Returns the rules with `[sealed]` in place of every secret.
async fn show(routes: &Routes, project: &AdministeredProject) -> Answer {
    routes.load_document(project).await?.answer()
}
