//! `PATCH /projects/{project}/errors/{message}`

use axum::body::Body;
use domain::error::Status;
use domain::outcome::{Reason, Refusal};
use domain::v1;
use gate::{Answer, storage_failed};
use http::Request;
use serde::Deserialize;
use serde_json::json;
use store::ports::Project;

use super::{named, unknown};
use crate::Query;
use crate::projects::parse_body;

#[derive(Deserialize)]
struct Change {
    status: String,
}

pub(super) async fn set(query: &Query, project: &Project, message: &str, request: Request<Body>) -> Answer {
    let change: Change = parse_body(request, "an object with `status`: `resolved`, `unresolved` or `muted`").await?;
    let status = Status::parse(&change.status)
        .map_err(|error| Refusal::new(Reason::BodyInvalid, error.to_string()).at(["status"]))?;
    let error = named(query, project, message).await?;
    let set = query.errors.set_status(project.id, &error.fingerprint, status, query.clock.now()).await;
    let error = set.map_err(|error| storage_failed(&error))?.ok_or_else(|| unknown(project, message))?;
    gate::data(json!({ "error": v1::error_entry(&project.name, &error) }))
}
