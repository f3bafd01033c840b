//! `POST /api/v3/projects/{project}/notices`, and `/create-notice` of older clients.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use formats::inbox::{Header, Message};
use http::Request;
use http::header::AUTHORIZATION;
use http_common::describe::Description;
use http_common::{Answer, BaseUrl};
use model::id::{EventId, ProjectName};
use model::occurrence::Source;
use model::outcome::Reason;
use protocol::airbrake::{Notice, presented_keys};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::STATUSES;
use crate::{Ingest, accept};

pub(super) fn routes() -> Router<Arc<Ingest>> {
    Router::new()
        .route("/api/v3/projects/{project}/notices", post(handle))
        .route("/api/v3/projects/{project}/create-notice", post(handle))
}

pub(super) fn describe(api: &mut Description) {
    let notice = || {
        json!({ "type": "object", "required": ["errors"], "properties": {
            "errors": { "type": "array", "minItems": 1, "prefixItems": [{ "type": "object" }] },
            "context": {},
            "environment": {},
            "session": {},
            "params": {},
        } })
    };
    let example = || {
        json!({ "errors": [{ "type": "CartError", "message": "no total", "backtrace": [
            { "file": "/PROJECT_ROOT/cart.rb", "line": 12, "function": "total" }
        ] }], "context": { "severity": "error" } })
    };
    for (path, id) in [
        ("/api/v3/projects/{project}/notices", "postNotice"),
        ("/api/v3/projects/{project}/create-notice", "createNotice"),
    ] {
        api.operation("post", path, id, "Sends a notice of a client of Airbrake or Errbit")
            .statuses(STATUSES)
            .for_clients(&["airbrakeKey", "bearer", "airbrakeToken"])
            .description("The project is that of the key, whatever the path says; for a key for all projects, the path must have its name. The errors of a notice are one chain. The body is JSON, whatever its content type says, with up to 1 MiB. Refusals have the statuses by which these clients decide whether to send again.")
            .parameter("path", "project", "any text; the project's name for a key for all projects", json!({ "type": "string", "minLength": 1 }))
            .body_as("application/json", notice(), example())
            .response::<NoticeReceipt>(201, "the notice is durable; it appears in lists a few seconds later")
            .error(Reason::ItemTooLarge, "the notice is too large")
            .error(Reason::OriginNotAllowed, "the project does not accept events from pages of this origin")
            .error(Reason::RateLimited, "the project has reached its limit of events per minute")
            .error(Reason::QuotaExceeded, "the project has reached its limit of events for this month");
    }
}

async fn handle(State(ingest): State<Arc<Ingest>>, request: Request<Body>) -> Response {
    ingest.outcomes.answer_as(STATUSES, take(&ingest, request)).await
}

async fn take(ingest: &Ingest, request: Request<Body>) -> Answer {
    let (headers, uri) = (request.headers().clone(), request.uri().clone());
    let client_ip = accept::find_client_ip(request.extensions());
    let base = BaseUrl::from_request(&headers, request.extensions());
    let project = http_common::decode_segment(uri.path().split('/').nth(4).unwrap_or_default());
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let keys = presented_keys(uri.query(), text(AUTHORIZATION.as_str()), text("x-airbrake-token"), &project);
    // A number is the number of a project at Airbrake.
    let named = ProjectName::parse(&project).ok().filter(|_| !project.bytes().all(|byte| byte.is_ascii_digit()));
    let client = ingest.find_client(&keys, named.as_ref(), &headers).await?;

    let Notice(payload) = Notice::parse(&http_common::read_unpacked(request).await?)?;
    let id = ingest.make_event_id();
    let url = match client.project_name() {
        Some(name) => format!("{}/projects/{}/errors", base.as_str(), http_common::encode_segment(name.as_str())),
        None => base.as_str().to_owned(),
    };
    let header = Header {
        client_ip,
        key: client.caller.key(),
        trace: accept::find_trace(&headers),
        ..Header::new(Source::Airbrake, client.project, ingest.clock.now(), vec![id])
    };
    ingest.accept(&Message { header, payload }).await?;
    http_common::created(&NoticeReceipt { id, url })
}

#[derive(Serialize, JsonSchema)]
struct NoticeReceipt {
    /// The id of the stored event.
    id: EventId,
    /// The address of the project's errors.
    url: String,
}
