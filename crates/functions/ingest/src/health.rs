//! `GET /health/ingest`: whether events can be accepted, for the health checks of load balancers and DNS.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use futures_util::future::join;
use http::StatusCode;
use http_common::describe::Description;
use model::id::Key;
use model::time::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use store::StoreError;
use store::ports::{Backlog, Keys};
use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::Ingest;

/// For how many seconds a result is given to everybody: anybody may ask, and must not cause load by it.
const KEPT_SECONDS: i64 = 10;
/// How long a service may take. A health check of Route 53 waits 2 s for the answer.
const MAX_WAIT: Duration = Duration::from_millis(1_500);

/// Checks whether the services answer that ingest needs for each event.
pub struct IngestHealth {
    keys: Arc<dyn Keys>,
    inbox: Arc<dyn Backlog>,
    /// The last result. Locked while a check runs, so that there is one at a time.
    last: Mutex<Option<(Timestamp, Vec<Problem>)>>,
}

impl IngestHealth {
    /// Looks up a key in `keys`, and counts the messages of `inbox`.
    pub fn new(keys: Arc<dyn Keys>, inbox: Arc<dyn Backlog>) -> Self {
        Self { keys, inbox, last: Mutex::default() }
    }

    /// The services that do not answer now, or did not some seconds ago.
    async fn problems(&self, now: Timestamp) -> Vec<Problem> {
        let mut last = self.last.lock().await;
        if let Some((at, problems)) = &*last
            && (0..KEPT_SECONDS).contains(&(now.seconds() - at.seconds()))
        {
            return problems.clone();
        }
        // Nobody has this key.
        let nobody = Key::from_random([0; 16]).hash();
        let (keys, inbox) =
            join(timeout(MAX_WAIT, self.keys.find(&nobody)), timeout(MAX_WAIT, self.inbox.backlog())).await;
        let checks = [("directory", keys.map(|found| found.err())), ("inbox", inbox.map(|found| found.err()))];
        let problems: Vec<_> = checks
            .into_iter()
            .filter_map(|(service, checked)| {
                let error: Option<StoreError> = match checked {
                    Ok(None) => return None,
                    Ok(failed) => failed,
                    Err(_) => None,
                };
                let message = error.map_or("no answer in time".to_owned(), |error| error.to_string());
                tracing::warn!(service, error.message = message, "failed to reach what ingest needs");
                Some(Problem { service })
            })
            .collect();
        *last = Some((now, problems.clone()));
        problems
    }
}

pub(crate) fn route() -> Router<Arc<Ingest>> {
    Router::new().route("/health/ingest", get(handle))
}

pub(crate) fn describe(api: &mut Description) {
    api.tag("stack");
    api.operation("get", "/health/ingest", "getIngestHealth", "Shows whether events can be accepted")
        .description(
            "Checks that the directory (keys and projects) and the inbox answer. The result is kept for ten seconds. With status 503, `status` is \
             `degraded`, and `problems` names what does not answer.",
        )
        .open()
        .data::<Health>(200, "directory and inbox answer");
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct Health {
    /// `ok`, or `degraded` (with HTTP status 503).
    status: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 2))]
    problems: Vec<Problem>,
}

/// A service that does not answer.
#[derive(Clone, Serialize, JsonSchema)]
#[schemars(rename = "IngestProblem")]
struct Problem {
    /// `directory` or `inbox`.
    service: &'static str,
}

async fn handle(State(ingest): State<Arc<Ingest>>) -> Response {
    let problems = ingest.health.problems(ingest.clock.now()).await;
    let is_ok = problems.is_empty();
    let status = if is_ok { "ok" } else { "degraded" };
    let mut response = ingest.answer(async { http_common::data(Health { status, problems }) }).await;
    if !is_ok {
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    }
    response
}
