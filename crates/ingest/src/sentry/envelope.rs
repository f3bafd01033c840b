//! `POST /api/{id}/envelope/`: what every current SDK sends. Also at `/tunnel`, where the envelope's `dsn` says whose it
//! is.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use domain::id::EventId;
use domain::inbox::{Header, Message};
use domain::occurrence::Source;
use domain::outcome::Reason;
use domain::sentry::{Envelope, Item, ItemKind, peek};
use gate::Answer;
use http::{HeaderMap, Request, Uri};

use super::answer::accepted_but;
use crate::{Ingest, accept};

pub(super) fn routes() -> Router<Arc<Ingest>> {
    Router::new().route("/api/{project}/envelope", post(handle)).route("/tunnel", post(handle))
}

async fn handle(State(ingest): State<Arc<Ingest>>, request: Request<Body>) -> Response {
    ingest.answer(take(&ingest, request)).await
}

async fn take(ingest: &Ingest, request: Request<Body>) -> Answer {
    let (headers, uri) = (request.headers().clone(), request.uri().clone());
    let client_ip = accept::client_ip(request.extensions());
    let body = gate::read_unpacked(request).await?;
    accept_envelope(ingest, &headers, &uri, client_ip, &body).await
}

/// Accepts the event of an envelope. What is not stored is counted, and the SDK told to stop sending it; a faulty item
/// costs itself only.
pub(super) async fn accept_envelope(
    ingest: &Ingest,
    headers: &HeaderMap,
    uri: &Uri,
    client_ip: Option<IpAddr>,
    body: &[u8],
) -> Answer {
    let envelope = Envelope::parse(body)?;
    let (project, key) = ingest.addressee(headers, uri, envelope.header.dsn.as_deref()).await?;
    ingest.outcomes.count_all(&envelope.refused);

    let (mut accepted, mut not_stored, mut limited) = (None, Vec::new(), None);
    let mut refused = envelope.refused.first().cloned();
    for item in &envelope.items {
        match event(item) {
            Ok(Some((_, kind))) if !kind.is_stored() => {
                ingest.outcomes.count(Reason::ItemNotStored);
                not_stored.push(kind);
            }
            Ok(Some((own_id, _))) if accepted.is_none() && limited.is_none() => {
                let id = envelope.header.event_id.or(own_id).unwrap_or_else(|| ingest.event_id());
                let header = Header {
                    sent_at: envelope.header.sent_at,
                    client_ip,
                    key,
                    trace: accept::trace(headers),
                    ..Header::new(Source::Sentry, project.clone(), ingest.clock.now(), vec![id])
                };
                match ingest.accept(&Message { header, payload: item.payload.to_vec() }).await {
                    Ok(()) => accepted = Some(id),
                    // The items beside it are counted all the same.
                    Err(refusal) if refusal.limited.is_some() => limited = Some(refusal),
                    Err(refusal) => return Err(refusal),
                }
            }
            // The protocol allows one event in an envelope.
            Ok(Some(_)) => ingest.outcomes.count(Reason::ItemInvalid),
            Ok(None) => {
                ingest.outcomes.count(Reason::ItemNotStored);
                not_stored.push(item.kind.clone());
            }
            Err(refusal) => {
                ingest.outcomes.count(refusal.reason);
                refused.get_or_insert(refusal);
            }
        }
    }
    if let Some(limited) = limited {
        return Err(limited);
    }
    match refused {
        // Nothing in it could be used: the SDK shall hear of it.
        Some(refusal) if accepted.is_none() && not_stored.is_empty() => Err(refusal),
        _ => accepted_but(accepted, &not_stored.iter().collect::<Vec<_>>()),
    }
}

/// An event's own id and what it really is; `None` if the item is no event.
fn event(item: &Item<'_>) -> Result<Option<(Option<EventId>, ItemKind)>, domain::outcome::Refusal> {
    match item.kind {
        ItemKind::Event => peek(item.payload).map(|peek| Some((peek.event_id, peek.kind))),
        _ => Ok(None),
    }
}
