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

/// The route.
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
            "message": { "type": "string", "description": "what the error is named by" },
            "type": text,
            "timestamp": { "description": "when it happened, RFC 3339; now, if it is no time" },
            "backtrace": { "description": "frames of `file`, `line` and `function`, the one that raised it first" },
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
                "description": "at least one that can be stored; what cannot be is named in `refused`",
            },
            "notifier": { "description": "the client: this and the following go with all errors" },
            "context": {},
            "environment": {},
            "session": {},
            "params": {},
            "notifications": { "description": "whom to tell: configs in clear, or what `POST /encrypt` answered" },
        },
    });
    let example = json!({ "errors": [{ "type": "KeyError", "message": "no such item", "backtrace": [
        { "file": "shop/cart.py", "line": 12, "function": "add" }
    ] }] });
    api.operation("post", "/projects/{project}/errors", "postErrors", "Sends errors, as faultline's own clients do")
        .description("A project that is not there is made by a key of all projects. The body may be packed by gzip, deflate, br or zstd.")
        .path::<ProjectName>("project", "the project's name")
        .body_as("application/json", body, example)
        .response::<PostReceipt<'_>>(201, "the errors are durable; they show in lists some seconds later")
        .error(Reason::ProjectName, "this is not a valid project name")
        .error(Reason::OriginNotAllowed, "the project does not take events from pages of this origin")
        .error(Reason::RateLimited, "the project sends more events a minute than it may")
        .error(Reason::QuotaExceeded, "the project has sent as many events as it may in this month");
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

/// v1's answer, and `id`, without which v1's JavaScript client waits for ever. What was refused beside it is named.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Posted")]
struct PostReceipt<'a> {
    data: StoredErrors,
    /// The first error's event id.
    id: EventId,
    /// What of the body is not stored, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = MAX_REFUSED))]
    refused: Vec<Fault<'a>>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct StoredErrors {
    errors: PostCount,
}

/// All but one error, all configs, and what is said of them as a whole.
const MAX_REFUSED: usize = MAX_ERRORS + 20;
