//! `DELETE /projects/{project}`

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::delete;
use http_common::describe::Description;
use http_common::{Answer, DeletableProject};
use model::outcome::Reason;

use crate::Query;
use crate::purge::{Budget, refuse_unfinished};

pub(crate) fn route() -> Router<Arc<Query>> {
    Router::new().route("/projects/{project}", delete(handle))
}

pub(super) fn describe(api: &mut Description) {
    api.operation("delete", "/projects/{project}", "deleteProject", "Deletes a project, with all that is in it")
        .description(
            "Nothing is stored in it from the first call on. What is large takes more than one: 503 says to repeat it.",
        )
        .project()
        .error(Reason::DeletionUnfinished, "there is more to delete: repeat the request")
        .empty_response(204, "the project is gone, with its errors, their occurrences and its keys");
}

async fn handle(State(query): State<Arc<Query>>, project: DeletableProject) -> Response {
    query.answer(delete_project(&query, &project)).await
}

/// Nothing is stored in the project from the first step on. Its name goes last, so that a deletion which was cut short
/// can be repeated.
async fn delete_project(query: &Query, project: &DeletableProject) -> Answer {
    query.stores.projects.mark_deleting(project).await?;
    if !query.purge_project(project, Budget::new(query)).await? {
        return Err(refuse_unfinished());
    }
    query.stores.projects.remove(project).await?;
    http_common::no_content()
}
