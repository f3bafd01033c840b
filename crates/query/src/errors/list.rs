//! `GET /projects/{project}/errors`

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use domain::error::Status;
use domain::v1;
use gate::{Answer, storage_failed};
use http::Request;
use serde_json::{Value, json};
use store::ports::ErrorCursor;

use crate::Query;
use crate::list::Parameters;
use crate::projects::existing;

/// The most errors of a page: what one batch read of the table returns.
const LIMIT: usize = 100;

pub(super) fn route() -> Router<Arc<Query>> {
    Router::new().route("/projects/{project}/errors", get(handle))
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
    let errors: Vec<Value> = page.items.iter().map(|error| v1::error_entry(&project.name, error)).collect();
    let next = page.next.as_ref().map(ErrorCursor::as_str);
    gate::data(json!({ "scannedCount": errors.len(), "errors": errors, "nextCursor": next }))
}
