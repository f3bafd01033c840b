//! `POST /api/{id}/minidump/`: uploads of crash reporters (Crashpad, Breakpad, Electron). The crash becomes an event;
//! the minidump and other files are its attachments.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use formats::inbox::{Header, Message};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request};
use http_common::{Answer, Unpacked};
use model::occurrence::Source;
use model::outcome::{Reason, Refusal};
use protocol::sentry::{crash, peek};

use super::envelope::ENVELOPE_LIMITS;
use crate::attachments::SentFile;
use crate::{Ingest, accept};

pub(super) fn routes() -> Router<Arc<Ingest>> {
    Router::new().route("/api/{project}/minidump", post(handle))
}

async fn handle(State(ingest): State<Arc<Ingest>>, request: Request<Body>) -> Response {
    ingest.answer(take(&ingest, request)).await
}

async fn take(ingest: &Ingest, request: Request<Body>) -> Answer {
    let (headers, uri) = (request.headers().clone(), request.uri().clone());
    let client_ip = accept::find_client_ip(request.extensions());
    let (project, key) = ingest.authenticate(&headers, &uri, None).await?;
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut form = crash::CrashForm::new(kind);
    let mut body = Unpacked::new(request, ENVELOPE_LIMITS);
    while let Some(piece) = body.next().await? {
        form.push(piece)?;
    }
    let has_fields = form.fields().next().is_some();
    if form.dump_size().is_none() && !has_fields {
        let message =
            "the body has no minidump: send one as the form field `upload_file_minidump`, or as the body itself";
        return Err(Refusal::new(Reason::BodyInvalid, message));
    }
    let event = serde_json::Value::Object(crash::event(&form)).to_string();
    let peek = peek(event.as_bytes())?;
    let id = peek.event_id.unwrap_or_else(|| ingest.make_event_id());
    let header = Header {
        client_ip,
        key,
        trace: accept::find_trace(&headers),
        ..Header::new(Source::Sentry, project, ingest.clock.now(), vec![id])
    };
    let files = form.take_files().into_iter();
    let files = files.map(|(attachment, content)| SentFile { attachment, content: content.into() }).collect();
    ingest.accept_with(Message { header, payload: event.into_bytes() }, files).await?;
    // Crash reporters store the answer as the name of their report: an id with dashes, and nothing else.
    let id = id.to_string();
    let dashed = [&id[..8], &id[8..12], &id[12..16], &id[16..20], &id[20..]].join("-");
    let mut response = Response::new(Body::from(dashed));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    Ok(response)
}
