//! `POST /api/{id}/store/` and `/api/store/`: one event as JSON, from older clients.

use std::borrow::Cow;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use formats::inbox::{Header, Message};
use http::Request;
use http::header::CONTENT_TYPE;
use http_common::Answer;
use model::outcome::Reason;
use protocol::sentry::peek;

use super::answer::{accept, accept_but};
use super::envelope::{accept_envelope, payload_kind};
use crate::{Ingest, accept};

pub(super) fn routes() -> Router<Arc<Ingest>> {
    Router::new().route("/api/{project}/store", post(handle)).route("/api/store", post(handle))
}

async fn handle(State(ingest): State<Arc<Ingest>>, request: Request<Body>) -> Response {
    ingest.answer(take(&ingest, request)).await
}

async fn take(ingest: &Ingest, request: Request<Body>) -> Answer {
    let (headers, uri) = (request.headers().clone(), request.uri().clone());
    let client_ip = accept::find_client_ip(request.extensions());
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if kind.starts_with("application/x-sentry-envelope") {
        return accept_envelope(ingest, request).await;
    }

    let (project, key) = ingest.authenticate(&headers, &uri, None).await?;
    let body = http_common::read_unpacked(request).await?;
    let payload = decode_body(&body)?;
    let peek = peek(&payload)?;
    if !peek.kind.is_stored() {
        ingest.outcomes.count(Reason::ItemNotStored);
        return accept_but(None, &[peek.kind]);
    }
    let id = peek.event_id.unwrap_or_else(|| ingest.make_event_id());
    let header = Header {
        client_ip,
        key,
        trace: accept::find_trace(&headers),
        ..Header::new(payload_kind(&peek.kind), project, ingest.clock.now(), vec![id])
    };
    ingest.accept(&Message { header, payload: payload.into_owned() }).await?;
    accept(Some(id))
}

/// Returns the JSON in a body. Old clients send it as base64, some with zlib compression inside.
fn decode_body(body: &[u8]) -> Result<Cow<'_, [u8]>, model::outcome::Refusal> {
    if body.trim_ascii_start().starts_with(b"{") {
        return Ok(Cow::Borrowed(body));
    }
    match http_common::decode_base64(body) {
        Some(decoded) => Ok(Cow::Owned(http_common::unpack(&http::HeaderMap::new(), &decoded)?.into_owned())),
        None => Ok(Cow::Borrowed(body)),
    }
}
