//! `GET /projects/{project}/errors`

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use domain::error::Status;
use domain::v1;
use domain::v1::ErrorEntry;
use gate::describe::Description;
use gate::{Answer, storage_failed};
use http::Request;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use store::ports::ErrorCursor;

use crate::Query;
use crate::list::Parameters;
use crate::projects::existing;

/// The most errors of a page: what one batch read of the table returns.
const LIMIT: usize = 100;

pub(super) fn route() -> Router<Arc<Query>> {
    Router::new().route("/projects/{project}/errors", get(handle))
}

pub(super) fn describe(api: &mut Description) {
    let cursor = json!({ "type": "string", "pattern": "^[0-9]{8}-[0-9A-Fa-f]{32}$" });
    api.operation("get", "/projects/{project}/errors", "listErrors", "Lists errors of a project, the last seen first")
        .project()
        .query::<Status>("status", "only errors of this status")
        .limit(LIMIT, LIMIT)
        .parameter("query", "cursor", "`nextCursor` of the page before", cursor)
        .data::<Errors<'_>>(200, "a page of errors");
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Errors<'a> {
    /// How many are on this page.
    scanned_count: usize,
    #[schemars(length(max = LIMIT))]
    errors: Vec<ErrorEntry<'a>>,
    /// What the next page is asked for with; none at the end.
    next_cursor: Option<&'a str>,
}

async fn handle(State(query): State<Arc<Query>>, request: Request<Body>) -> Response {
    query.answer(list(&query, request)).await
}

async fn list(query: &Query, request: Request<Body>) -> Answer {
    let caller = query.gate.caller(request.headers()).await?;
    let name = gate::project_in(request.uri().path())?;
    caller.reader_of(&name)?;
    let parameters = Parameters::of(request.uri());
    let limit = parameters.limit(LIMIT, LIMIT)?;
    let cursor = parameters.parsed("cursor", ErrorCursor::parse)?;
    let statuses = parameters.parsed("status", Status::parse)?.map_or(Status::ALL.to_vec(), |status| vec![status]);

    let project = existing(query, &name).await?;
    caller.reader_of_id(project.id)?;
    let page = query.errors.page(project.id, &statuses, cursor.as_ref(), limit).await;
    let page = page.map_err(|error| storage_failed(&error))?;
    let errors: Vec<_> = page.items.iter().map(|error| v1::error_entry(&project.name, error)).collect();
    let next_cursor = page.next.as_ref().map(ErrorCursor::as_str);
    gate::data(Errors { scanned_count: errors.len(), errors, next_cursor })
}
