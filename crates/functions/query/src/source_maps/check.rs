//! `GET /projects/{project}/source-maps/check`: whether source maps and ProGuard mappings work, as far as the newest events
//! and uploads show.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use futures_util::stream::{StreamExt, TryStreamExt, iter};
use http_common::describe::Description;
use http_common::{Answer, ReadableProject};
use model::error::{ErrorAggregate, Status};
use model::outcome::Refusal;
use model::time::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::findings::{Finding, SeenEvent, find};
use crate::Query;
use crate::occurrences::newest_mapped;

/// The most errors that are looked at: those that were seen last.
const MAX_ERRORS: usize = 20;
/// How many errors are read at once.
const CONCURRENT: usize = 4;
/// The most uploads that are looked at.
const MAX_UPLOADS: usize = 20;

const PATH: &str = "/projects/{project}/source-maps/check";

pub(super) fn route() -> Router<Arc<Query>> {
    Router::new().route("/projects/{project}/source-maps/check", get(handle))
}

pub(super) fn describe(api: &mut Description) {
    api.operation("get", PATH, "checkSourceMaps", "Checks whether source maps and ProGuard mappings work")
        .description(
            "Looks at the newest occurrences of the errors that were seen last, and at the newest uploads. Says what is \
             right, what is wrong, and how to fix it.",
        )
        .project()
        .data::<CheckAnswer>(200, "the findings, problems first");
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
struct CheckAnswer {
    checked_at: Timestamp,
    #[schemars(length(max = 100))]
    findings: Vec<Finding>,
}

async fn handle(State(query): State<Arc<Query>>, project: ReadableProject) -> Response {
    query.answer(check(&query, &project)).await
}

async fn check(query: &Query, project: &ReadableProject) -> Answer {
    let statuses = [Status::Unresolved, Status::Resolved, Status::Muted];
    let errors = query.stores.errors.page(project.id, &statuses, None, MAX_ERRORS).await?;
    let seen = iter(errors.items).map(|error| look_at(query, project, error)).buffered(CONCURRENT);
    let seen: Vec<Option<SeenEvent>> = seen.try_collect().await?;
    let uploads = query.stores.source_maps.uploads(project.id, None, MAX_UPLOADS).await?;
    let findings = find(&seen.into_iter().flatten().collect::<Vec<_>>(), &uploads.items);
    http_common::data(CheckAnswer { checked_at: query.clock.now(), findings })
}

async fn look_at(
    query: &Query,
    project: &ReadableProject,
    error: ErrorAggregate,
) -> Result<Option<SeenEvent>, Refusal> {
    let newest = newest_mapped(query, project, &error).await?;
    Ok(newest.and_then(|occurrence| SeenEvent::of(error.fingerprint, &occurrence)))
}
