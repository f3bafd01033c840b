//! `POST /bugsnag/notify`: the events of a body.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use formats::inbox::{Header, Message};
use http::Request;
use http_common::Answer;
use http_common::describe::Description;
use model::occurrence::Source;
use model::outcome::Reason;
use protocol::bugsnag::{EventReport, MAX_EVENTS, find_api_key, parse_sent_at};
use serde_json::json;

use crate::{Ingest, accept};

pub(super) fn route() -> Router<Arc<Ingest>> {
    Router::new().route("/bugsnag/notify", post(handle))
}

pub(super) fn describe(api: &mut Description) {
    let report = json!({ "type": "object", "required": ["events"], "properties": {
        "apiKey": { "description": "a client key, if the header has none" },
        "notifier": { "description": "the client library" },
        "events": { "type": "array", "minItems": 1, "maxItems": MAX_EVENTS, "contains": { "type": "object" } },
    } });
    let example = json!({ "events": [{ "severity": "error", "exceptions": [
        { "errorClass": "CartError", "message": "no total", "stacktrace": [] }
    ] }] });
    api.operation("post", "/bugsnag/notify", "postBugsnagEvents", "Sends events of a client of Bugsnag")
        .for_clients(&["bugsnagKey"])
        .description("The project is that of the key. An event may have up to 1 MiB of JSON. An event that cannot be stored does not affect the others.")
        .body_as("application/json", report, example)
        .empty_response(200, "the events are durable; they appear in lists a few seconds later")
        .error(Reason::ItemTooLarge, "no event is small enough")
        .error(Reason::OriginNotAllowed, "the project does not accept events from pages of this origin")
        .error(Reason::RateLimited, "the project has reached its limit of events per minute")
        .error(Reason::QuotaExceeded, "the project has reached its limit of events for this month");
}

async fn handle(State(ingest): State<Arc<Ingest>>, request: Request<Body>) -> Response {
    ingest.answer(take(&ingest, request)).await
}

async fn take(ingest: &Ingest, request: Request<Body>) -> Answer {
    let client_ip = accept::find_client_ip(request.extensions());
    let trace = accept::find_trace(request.headers());
    let sent_at = request.headers().get("bugsnag-sent-at").and_then(|value| parse_sent_at(value.to_str().ok()?));
    let (client, body) = ingest.read_from_client(request, "bugsnag-api-key", find_api_key).await?;
    let EventReport { count, payload, refused } = EventReport::parse(&body)?;
    ingest.outcomes.count_all(&refused);
    let ids = (0..count).map(|_| ingest.make_event_id()).collect();
    let header = Header {
        sent_at,
        client_ip,
        key: client.caller.key(),
        trace,
        ..Header::new(Source::Bugsnag, client.project, ingest.clock.now(), ids)
    };
    ingest.accept(&Message { header, payload }).await?;
    http_common::empty()
}
