//! `GET /projects/{project}`: its settings.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use http::Request;
use http_common::Answer;
use http_common::describe::Description;
use schemars::JsonSchema;
use serde::Serialize;

use super::list::ProjectEntry;
use super::readable;
use crate::Query;

pub(crate) fn route() -> Router<Arc<Query>> {
    Router::new().route("/projects/{project}", get(handle))
}

pub(super) fn describe(api: &mut Description) {
    api.operation("get", "/projects/{project}", "getProject", "Shows a project, with its settings")
        .project()
        .data::<Shown<'_>>(200, "the project");
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct Shown<'a> {
    project: ProjectEntry<'a>,
}

async fn handle(State(query): State<Arc<Query>>, request: Request<Body>) -> Response {
    query.answer(show(&query, request)).await
}

async fn show(query: &Query, request: Request<Body>) -> Answer {
    let caller = query.gate.caller_in(&request).await?;
    let project = readable(query, &caller, request.uri()).await?;
    http_common::data(Shown { project: ProjectEntry::of(&project) })
}
