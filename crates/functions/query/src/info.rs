//! `GET /info` and `GET /health`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use http_common::StackAdmin;
use http_common::describe::Description;
use schemars::JsonSchema;
use serde::Serialize;

use crate::Query;

pub(crate) fn routes() -> Router<Arc<Query>> {
    Router::new().route("/info", get(info)).route("/health", get(health))
}

pub(crate) fn describe(api: &mut Description) {
    api.tag("stack");
    api.operation("get", "/info", "getInfo", "Shows the version, and counts of refusals")
        .data::<Info>(201, "the information; status 201 for compatibility with v1");
    api.operation("get", "/health", "getHealth", "Shows whether faultline is healthy")
        .open()
        .data::<Health>(200, "all stages work");
}

/// Information about the process that answers.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct Info {
    version: &'static str,
    /// The number of refused requests and events, by reason. Requests for an error, occurrence, comment or release that
    /// does not exist are not counted.
    refused: BTreeMap<&'static str, u64>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct Health {
    /// `ok`, or `degraded` (with HTTP status 503) while a stage fails or hangs.
    status: &'static str,
    /// The stages that fail or hang now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 5))]
    problems: Vec<Problem>,
}

/// A stage that fails, or hangs: one of its runs has taken longer than five minutes.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct Problem {
    /// `storage` (requests are refused with 503), `processor`, `stream`, `sweep` or `upkeep`.
    stage: &'static str,
    /// For how many seconds it has failed, or the run that hangs has taken.
    seconds: u64,
}

/// Answers with status 201 because v1 did.
async fn info(State(query): State<Arc<Query>>, _: StackAdmin) -> Response {
    let info = Info { version: env!("CARGO_PKG_VERSION"), refused: query.outcomes.counts() };
    query.answer(async { http_common::created_data(info) }).await
}

/// Needs no key. The answer reveals only which stages are failing.
async fn health(State(query): State<Arc<Query>>) -> Response {
    let failing = query.outcomes.stages().failing();
    let problems: Vec<_> =
        failing.into_iter().map(|(stage, since)| Problem { stage, seconds: since.as_secs() }).collect();
    let is_ok = problems.is_empty();
    let status = if is_ok { "ok" } else { "degraded" };
    let mut response = query.answer(async { http_common::data(Health { status, problems }) }).await;
    if !is_ok {
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    }
    response
}
