//! `GET /projects/{project}`: a project with its settings.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use http_common::ReadableProject;
use http_common::describe::Description;
use schemars::JsonSchema;
use serde::Serialize;

use super::list::ProjectEntry;
use crate::Query;

pub(crate) fn route() -> Router<Arc<Query>> {
    Router::new().route("/projects/{project}", get(handle))
}

pub(super) fn describe(api: &mut Description) {
    api.operation("get", "/projects/{project}", "getProject", "Shows a project with its settings")
        .project()
        .data::<ProjectAnswer<'_>>(200, "the project");
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct ProjectAnswer<'a> {
    project: ProjectEntry<'a>,
}

async fn handle(State(query): State<Arc<Query>>, project: ReadableProject) -> Response {
    query.answer(async { http_common::data(ProjectAnswer { project: ProjectEntry::new(&project) }) }).await
}
