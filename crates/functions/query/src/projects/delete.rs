//! `DELETE /projects/{project}`

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::delete;
use http::Request;
use http_common::Answer;
use http_common::describe::Description;
use model::outcome::Reason;

use super::{renamed, unknown};
use crate::Query;
use crate::purge::{Budget, unfinished};

pub(crate) fn route() -> Router<Arc<Query>> {
    Router::new().route("/projects/{project}", delete(handle))
}

pub(super) fn describe(api: &mut Description) {
    api.operation("delete", "/projects/{project}", "deleteProject", "Deletes a project, with all that is in it")
        .says(
            "Nothing is stored in it from the first call on. What is large takes more than one: 503 says to repeat it.",
        )
        .project()
        .refuses(Reason::DeletionUnfinished, "there is more to delete: repeat the request")
        .answers_nothing(204, "the project is gone, with its errors, their occurrences and its keys");
}

async fn handle(State(query): State<Arc<Query>>, request: Request<Body>) -> Response {
    query.answer(remove(&query, request)).await
}

/// Nothing is stored in the project from the first step on. Its name goes last, so that a deletion which was cut short
/// can be repeated.
async fn remove(query: &Query, request: Request<Body>) -> Answer {
    let caller = query.gate.caller_in(&request).await?;
    caller.admin()?;
    let name = http_common::project_in(request.uri().path())?;
    let project = query.projects.by_name(&name).await?;
    let project = project.ok_or_else(|| unknown(&name))?;
    if project.name != name {
        return Err(renamed(&name, &project));
    }

    query.projects.mark_deleting(&project).await?;
    if !query.purge_project(&project, Budget::new(query)).await? {
        return Err(unfinished());
    }
    query.projects.remove(&project).await?;
    http_common::no_content()
}
