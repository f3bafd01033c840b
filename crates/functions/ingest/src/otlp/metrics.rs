//! `POST /v1/metrics`: figures, which are not stored.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request};
use http_common::describe::Description;
use protocol::otlp::{Encoding, Signal, encode_partial};
use serde_json::json;

use crate::Ingest;

pub(super) fn routes() -> Router<Arc<Ingest>> {
    Router::new().route("/v1/metrics", post(handle)).route("/otlp/v1/metrics", post(handle))
}

pub(super) fn describe(api: &mut Description) {
    for (path, id) in [("/v1/metrics", "postMetrics"), ("/otlp/v1/metrics", "postOtlpMetrics")] {
        api.operation("post", path, id, "Answers figures of an exporter of OpenTelemetry")
            .open()
            .description("Figures are not stored. The body is not read.")
            .response_as(200, "the figures are counted as not stored", "application/json", json!({ "type": "object" }));
    }
}

async fn handle(State(ingest): State<Arc<Ingest>>, request: Request<Body>) -> Response {
    ingest.count_not_stored();
    let kind = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let encoding = Encoding::of(kind);
    let mut response = Response::new(Body::from(encode_partial(Signal::Logs, encoding, &[])));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(encoding.content_type()));
    response
}
