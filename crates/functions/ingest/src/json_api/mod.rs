//! `POST /projects/{project}/errors`: faultline's own JSON API.

mod notifications;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use formats::inbox::Header;
use http::Request;
use http_common::describe::Description;
use http_common::{Answer, Fault};
use model::id::{EventId, ProjectName};
use model::occurrence::Source;
use model::outcome::Reason;
use protocol::json_api::{MAX_ERRORS, Parsed};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::accept::PostCount;
use crate::{Ingest, accept};

pub(crate) fn route() -> Router<Arc<Ingest>> {
    Router::new().route("/projects/{project}/errors", post(handle))
}

pub(crate) fn describe(api: &mut Description) {
    api.tag("sending");
    let text = json!({ "type": ["string", "null"] });
    let error = json!({
        "type": "object",
        "required": ["message"],
        "properties": {
            "message": { "type": "string", "description": "what went wrong; names the error" },
            "type": text,
            "timestamp": { "description": "when it happened, in RFC 3339; the time of receipt if it is missing or not valid" },
            "backtrace": { "description": "stack frames with `file`, `line` and `function`, starting with the one that raised the error" },
        },
    });
    let body = json!({
        "type": "object",
        "required": ["errors"],
        "properties": {
            "errors": {
                "type": "array",
                "minItems": 1,
                "maxItems": MAX_ERRORS,
                "contains": error,
                "description": "at least one must be valid; errors that cannot be stored are listed in `refused`",
            },
            "notifier": { "description": "the client library. This field and the following ones apply to all errors" },
            "context": {},
            "environment": {},
            "session": {},
            "params": {},
            "notifications": { "description": "whom to notify: configs in plain text, or the answer of `POST /encrypt`" },
        },
    });
    let example = json!({ "errors": [{ "type": "KeyError", "message": "no such item", "backtrace": [
        { "file": "shop/cart.py", "line": 12, "function": "add" }
    ] }] });
    api.operation("post", "/projects/{project}/errors", "postErrors", "Sends errors in faultline's own format")
        .description("A key for all projects creates a project that does not exist. The body may be compressed with gzip, deflate, br or zstd.")
        .path::<ProjectName>("project", "the project's name")
        .body_as("application/json", body, example)
        .response::<PostReceipt<'_>>(201, "the errors are durable; they appear in lists a few seconds later")
        .error(Reason::ProjectName, "this is not a valid project name")
        .error(Reason::OriginNotAllowed, "the project does not accept events from pages of this origin")
        .error(Reason::RateLimited, "the project has reached its limit of events per minute")
        .error(Reason::QuotaExceeded, "the project has reached its limit of events for this month");
}

async fn handle(State(ingest): State<Arc<Ingest>>, request: Request<Body>) -> Response {
    ingest.answer(take(&ingest, request)).await
}

async fn take(ingest: &Ingest, request: Request<Body>) -> Answer {
    let caller = ingest.authenticator.authenticate_headers(request.headers()).await?;
    let name = http_common::parse_project_path(request.uri().path())?;
    let project = ingest.find_addressee(&caller, &name).await?;
    ingest.check_origin(&project, request.headers()).await?;
    let trace = accept::find_trace(request.headers());

    let Parsed { taken, notifications, mut refused } = Parsed::of(&http_common::read_unpacked(request).await?)?;
    let notifications = ingest.drop_unused(&project, notifications, &mut refused).await;
    let notifications = match ingest.seal(&name, &notifications).await {
        Ok(sealed) => sealed,
        Err(not_sealed) => {
            refused.push(not_sealed);
            None
        }
    };
    ingest.outcomes.count_all(&refused);

    let event_ids = (0..taken.count()).map(|_| ingest.make_event_id()).collect::<Vec<_>>();
    let (id, data) = (event_ids[0], StoredErrors { errors: PostCount { post_count: event_ids.len() } });
    let (received_at, key) = (ingest.clock.now(), caller.key());
    let header = Header { key, trace, notifications, ..Header::new(Source::V1, project, received_at, event_ids) };
    ingest.accept_json(header, &taken).await?;
    http_common::created(&PostReceipt { data, id, refused: refused.iter().map(Fault::from).collect() })
}

/// The answer of v1 with an `id`, without which v1's JavaScript client waits forever, and the parts that were refused.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Posted")]
struct PostReceipt<'a> {
    data: StoredErrors,
    /// The event id of the first error.
    id: EventId,
    /// The parts of the body that are not stored, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = MAX_REFUSED))]
    refused: Vec<Fault<'a>>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct StoredErrors {
    errors: PostCount,
}

/// All errors but one, all configs, and refusals of a list as a whole.
const MAX_REFUSED: usize = MAX_ERRORS + 20;
