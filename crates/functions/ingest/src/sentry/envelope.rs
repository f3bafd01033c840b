//! `POST /api/{id}/envelope/`: what every current SDK sends. Also at `/tunnel`, where the envelope's `dsn` says whose it
//! is.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use formats::inbox::{Addressee, Header, Message};
use http::{HeaderMap, Request, Uri};
use http_common::{Answer, Limits, Unpacked};
use model::id::{EventId, KeyId};
use model::occurrence::Source;
use model::outcome::{Reason, Refusal};
use protocol::sentry::{Envelope, EnvelopeItem, MAX_HEADER, MAX_HEADER_WITHOUT_KEY, Reader};

use super::answer::accept_but;
use crate::{Ingest, accept};

/// How large an envelope may be, with everything in it that is not stored, in bytes. Sentry's own limit. A function of
/// Lambda gets at most 6 MB, however packed.
pub(super) const ENVELOPE_LIMITS: Limits = Limits { sent: 200 << 20, unpacked: 200 << 20 };

pub(super) fn routes() -> Router<Arc<Ingest>> {
    Router::new().route("/api/{project}/envelope", post(handle)).route("/tunnel", post(handle))
}

async fn handle(State(ingest): State<Arc<Ingest>>, request: Request<Body>) -> Response {
    ingest.answer(accept_envelope(&ingest, request)).await
}

/// Accepts the events of an envelope. What is not stored is counted, and the SDK told to stop sending it; a faulty item
/// costs itself only.
pub(super) async fn accept_envelope(ingest: &Ingest, request: Request<Body>) -> Answer {
    let (headers, uri) = (request.headers().clone(), request.uri().clone());
    let client_ip = accept::find_client_ip(request.extensions());
    let sender = ingest.authenticate(&headers, &uri, None).await;
    let (sender, envelope, broken) = read(ingest, request, sender).await?;
    ingest.outcomes.count_all(&envelope.refused);

    let not_stored: Vec<_> = envelope.items.iter().map(|item| &item.kind).filter(|kind| !kind.is_stored()).collect();
    for _ in &not_stored {
        ingest.outcomes.count(Reason::ItemNotStored);
    }
    let accepted = accept_events(ingest, &headers, client_ip, sender, &envelope).await?;
    match (accepted, broken) {
        (Some(_), Some(broken)) => ingest.outcomes.count(broken.reason),
        (None, Some(broken)) => return Err(broken),
        (_, None) => {}
    }
    match envelope.refused.into_iter().next() {
        // Nothing in it could be used: the SDK shall hear of it.
        Some(refusal) if accepted.is_none() && not_stored.is_empty() => Err(refusal),
        _ => accept_but(accepted, &not_stored),
    }
}

type Sender = (Addressee, Option<KeyId>);

/// Reads the envelope of a `sender` who is known; or finds out by its first line who it is, before more of it is read.
/// With the envelope comes why it broke off, if it did: the events before that are whole.
async fn read(
    ingest: &Ingest,
    request: Request<Body>,
    sender: Result<Sender, Refusal>,
) -> Result<(Sender, Envelope, Option<Refusal>), Refusal> {
    let (headers, uri) = (request.headers().clone(), request.uri().clone());
    let mut reader = Reader::new(if sender.is_ok() { MAX_HEADER } else { MAX_HEADER_WITHOUT_KEY });
    let mut body = Unpacked::new(request, ENVELOPE_LIMITS);
    let mut sender = sender;
    let broken = loop {
        let read = match body.next().await {
            Ok(Some(piece)) => reader.push(piece),
            Ok(None) => break None,
            Err(refusal) => Err(refusal),
        };
        if sender.is_err() {
            let dsn = reader.header().and_then(|header| header.dsn.clone());
            sender = find_sender(ingest, &headers, &uri, dsn.as_deref(), sender).await;
            // Of what nobody may send no more is read than the line that could have told.
            if sender.is_err() && (reader.header().is_some() || read.is_err()) {
                sender.as_ref().map_err(Clone::clone)?;
            }
        }
        if let Err(refusal) = read {
            break Some(refusal);
        }
    };
    match broken {
        Some(refusal) => Ok((sender?, reader.break_off(), Some(refusal))),
        None => {
            let header = reader.end();
            let dsn = header.as_ref().ok().and_then(|envelope| envelope.header.dsn.clone());
            let sender = find_sender(ingest, &headers, &uri, dsn.as_deref(), sender).await?;
            Ok((sender, header?, None))
        }
    }
}

/// Who sends, if the `dsn` says it and nothing else did.
async fn find_sender(
    ingest: &Ingest,
    headers: &HeaderMap,
    uri: &Uri,
    dsn: Option<&str>,
    sender: Result<Sender, Refusal>,
) -> Result<Sender, Refusal> {
    match (sender, dsn) {
        (Err(_), Some(dsn)) => ingest.authenticate(headers, uri, Some(dsn)).await,
        (sender, _) => sender,
    }
}

/// Accepts each event as a message of its own; gives back the id of the first.
async fn accept_events(
    ingest: &Ingest,
    headers: &HeaderMap,
    client_ip: Option<IpAddr>,
    (project, key): Sender,
    envelope: &Envelope,
) -> Result<Option<EventId>, Refusal> {
    let (mut accepted, mut used, mut limited) = (None, HashSet::new(), None);
    for item in envelope.items.iter().filter(|item| item.kind.is_stored()) {
        let id = choose_event_id(ingest, envelope, item, &used);
        used.insert(id);
        let header = Header {
            sent_at: envelope.header.sent_at,
            client_ip,
            key,
            trace: accept::find_trace(headers),
            ..Header::new(Source::Sentry, project.clone(), ingest.clock.now(), vec![id])
        };
        match ingest.accept(&Message { header, payload: item.payload.clone() }).await {
            Ok(()) => drop(accepted.get_or_insert(id)),
            // The items after it are counted all the same.
            Err(refusal) if refusal.limited.is_some() => {
                if accepted.is_some() || limited.is_some() {
                    ingest.outcomes.count(refusal.reason);
                }
                limited.get_or_insert(refusal);
            }
            Err(refusal) => return Err(refusal),
        }
    }
    match limited {
        Some(limited) if accepted.is_none() => Err(limited),
        _ => Ok(accepted),
    }
}

/// The id of an event. That of the envelope's header names its first event: of a further one it is the event's own, else
/// one that follows from the header's, so that an envelope which is sent again has the same ones.
fn choose_event_id(ingest: &Ingest, envelope: &Envelope, item: &EnvelopeItem, used: &HashSet<EventId>) -> EventId {
    let named = envelope.header.event_id.filter(|_| used.is_empty()).or(item.event_id);
    match named.filter(|id| !used.contains(id)) {
        Some(id) => id,
        None => match envelope.header.event_id.or(item.event_id) {
            Some(id) => id.derive(item.index as u64),
            None => ingest.make_event_id(),
        },
    }
}
