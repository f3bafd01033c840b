//! `PATCH /projects/{project}`: its settings.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::patch;
use domain::outcome::{Reason, Refusal};
use domain::scrub::Rules;
use gate::{Answer, storage_failed};
use http::Request;
use serde::Deserialize;
use serde_json::json;

use super::list::entry;
use super::{existing, parse_body};
use crate::Query;

/// The most names of a rule, and the longest of them, in bytes: each event is compared with all of them.
const MAX_NAMES: usize = 100;
const MAX_NAME: usize = 100;

pub(crate) fn route() -> Router<Arc<Query>> {
    Router::new().route("/projects/{project}", patch(handle))
}

async fn handle(State(query): State<Arc<Query>>, request: Request<Body>) -> Response {
    query.answer(update(&query, request)).await
}

#[derive(Deserialize)]
struct Change {
    scrubbing: Rules,
}

async fn update(query: &Query, request: Request<Body>) -> Answer {
    let caller = query.gate.caller(request.headers()).await?;
    let name = gate::project_in(request.uri().path())?;
    caller.admin_of(&name)?;
    let form = "an object with `scrubbing`: {`additional`: [names of keys], `exempt`: [names of keys]}";
    let Change { scrubbing } = parse_body(request, form).await?;
    for (list, names) in [("additional", &scrubbing.additional), ("exempt", &scrubbing.exempt)] {
        if names.len() > MAX_NAMES || names.iter().any(|name| name.is_empty() || name.len() > MAX_NAME) {
            let message = format!("`{list}` may have {MAX_NAMES} names of 1 to {MAX_NAME} bytes");
            return Err(Refusal::new(Reason::BodyInvalid, message).at(["scrubbing", list]));
        }
    }
    let mut project = existing(query, &name).await?;
    caller.admin_of_id(project.id)?;
    query.projects.set_scrubbing(&project, &scrubbing).await.map_err(|error| storage_failed(&error))?;
    project.scrubbing = scrubbing;
    gate::data(json!({ "project": entry(&project) }))
}
