//! `POST /v1/logs` and `/v1/traces`: the errors in a batch of log records or spans.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use formats::inbox::Header;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request};
use http_common::describe::Description;
use http_common::{Answer, Statuses};
use model::occurrence::Source;
use model::outcome::Reason;
use protocol::otlp::{Batch, Encoding, Signal, encode_partial, encode_status};
use serde_json::json;

use crate::{Ingest, accept};

pub(super) fn routes() -> Router<Arc<Ingest>> {
    Router::new()
        .route("/v1/logs", post(take_logs))
        .route("/v1/traces", post(take_traces))
        .route("/otlp/v1/logs", post(take_logs))
        .route("/otlp/v1/traces", post(take_traces))
}

pub(super) fn describe(api: &mut Description) {
    for (path, id, key) in [
        ("/v1/logs", "postLogs", "resourceLogs"),
        ("/otlp/v1/logs", "postOtlpLogs", "resourceLogs"),
        ("/v1/traces", "postTraces", "resourceSpans"),
        ("/otlp/v1/traces", "postOtlpTraces", "resourceSpans"),
    ] {
        let body = json!({ "type": "object", "properties": { key: { "type": ["array", "null"] } } });
        let partial = json!({ "type": "object", "properties": { "partialSuccess": { "type": "object" } } });
        let binary = || json!({ "type": "string", "format": "binary" });
        api.operation("post", path, id, "Sends a batch of an exporter of OpenTelemetry")
            .statuses(STATUSES)
            .description("Only errors are stored: exceptions, log records of severity error and fatal, and failed requests and messages. The project is that of the key. The body may be compressed. An answer has the encoding of its request; a refusal of a protobuf request is a `google.rpc.Status`. What cannot be stored is counted in `partialSuccess`.")
            .body_as("application/json", body, json!({ key: [] }))
            .body_as("application/x-protobuf", binary(), json!(""))
            .response_as(200, "the errors are durable; they appear in lists a few seconds later", "application/json", partial)
            .error(Reason::RateLimited, "the project has reached its limit of events per minute")
            .error(Reason::OriginNotAllowed, "the project does not accept events from pages of this origin")
            .error(Reason::QuotaExceeded, "the project has reached its limit of events for this month");
    }
}

/// Exporters send a batch again after 503, and drop it after 500.
const STATUSES: Statuses = Statuses(|reason| match reason.status() {
    500 => 503,
    status => status,
});

async fn take_logs(State(ingest): State<Arc<Ingest>>, request: Request<Body>) -> Response {
    answer(&ingest, request, Signal::Logs).await
}

async fn take_traces(State(ingest): State<Arc<Ingest>>, request: Request<Body>) -> Response {
    answer(&ingest, request, Signal::Traces).await
}

/// The encoding of the answer is that of the request, for refusals too.
async fn answer(ingest: &Ingest, request: Request<Body>, signal: Signal) -> Response {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let encoding = Encoding::of(kind);
    let refusal = match take(ingest, request, signal, encoding).await {
        Ok(response) => return response,
        Err(refusal) => refusal,
    };
    let mut response = ingest.outcomes.refuse_as(STATUSES, &refusal);
    if encoding == Encoding::Protobuf {
        *response.body_mut() = Body::from(encode_status(&refusal.message));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(encoding.content_type()));
    }
    response
}

async fn take(ingest: &Ingest, request: Request<Body>, signal: Signal, encoding: Encoding) -> Answer {
    let caller = ingest.authenticator.authenticate_headers(request.headers()).await?;
    let client = ingest.find_project(caller, request.headers()).await?;
    let trace = accept::find_trace(request.headers());
    let batch = Batch::parse(&http_common::read_unpacked(request).await?, signal, encoding)?;
    ingest.outcomes.count_all(&batch.refused);
    let body = encode_partial(signal, encoding, &batch.refused);
    if !batch.event_ids.is_empty() {
        let (key, now) = (client.caller.key(), ingest.clock.now());
        let header = Header { key, trace, ..Header::new(Source::Otlp, client.project, now, batch.event_ids.clone()) };
        ingest.accept_json(header, &batch.into_stored()).await?;
    }
    let mut response = Response::new(Body::from(body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(encoding.content_type()));
    Ok(response)
}
