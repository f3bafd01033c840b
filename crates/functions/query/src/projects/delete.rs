//! `DELETE /projects/{project}`

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::delete;
use http_common::describe::Description;
use http_common::{Answer, DeletableProject};
use model::audit::{AuditAction, AuditEvent};
use model::outcome::Reason;

use crate::Query;
use crate::purge::{Budget, refuse_unfinished};

pub(crate) fn route() -> Router<Arc<Query>> {
    Router::new().route("/projects/{project}", delete(handle))
}

pub(super) fn describe(api: &mut Description) {
    api.operation("delete", "/projects/{project}", "deleteProject", "Deletes a project with everything in it")
        .description(
            "From the first request on, no events are stored in it. A large project takes several requests: status 503 asks to repeat it.",
        )
        .project()
        .error(Reason::DeletionUnfinished, "the deletion is not finished: repeat the request")
        .empty_response(204, "the project is deleted, with its errors, their occurrences and its keys");
}

async fn handle(State(query): State<Arc<Query>>, project: DeletableProject) -> Response {
    query.answer(delete_project(&query, &project)).await
}

/// From the first step on, no events are stored in the project. Its name is removed last, so that a deletion that was
/// interrupted can be repeated.
async fn delete_project(query: &Query, project: &DeletableProject) -> Answer {
    query.stores.projects.mark_deleting(project).await?;
    if !query.purge_project(project, Budget::new(query)).await? {
        return Err(refuse_unfinished());
    }
    query.stores.projects.remove(project).await?;
    let event = AuditEvent::new(AuditAction::ProjectDeleted).of(project.id);
    query.record(project.caller(), event.in_project(&project.name)).await;
    http_common::no_content()
}
