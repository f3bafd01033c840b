//! `POST /api/{id}/envelope/`: the format of every current SDK. Also at `/tunnel`, where the envelope's `dsn` names the
//! project.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use formats::inbox::{Addressee, Header, Message, PayloadKind};
use http::{HeaderMap, Request, Uri};
use http_common::{Answer, Limits, Unpacked};
use model::id::{EventId, KeyId};
use model::outcome::{Reason, Refusal};
use protocol::sentry::{Envelope, EnvelopeItem, ItemKind, MAX_HEADER, MAX_HEADER_WITHOUT_KEY, Reader};

use super::answer::accept_but;
use crate::attachments::SentFile;
use crate::{Ingest, accept};

/// The most bytes of an envelope, including items that are not stored. This is Sentry's own limit. A Lambda function
/// receives at most 6 MB, however well compressed.
pub(super) const ENVELOPE_LIMITS: Limits = Limits { sent: 200 << 20, unpacked: 200 << 20 };

pub(super) fn routes() -> Router<Arc<Ingest>> {
    Router::new().route("/api/{project}/envelope", post(handle)).route("/tunnel", post(handle))
}

async fn handle(State(ingest): State<Arc<Ingest>>, request: Request<Body>) -> Response {
    ingest.answer(accept_envelope(&ingest, request)).await
}

/// Accepts the events of an envelope, and its attachments with the first of them. Items that are not stored are counted,
/// and the answer asks the SDK to stop sending them. An invalid item does not affect the others.
pub(super) async fn accept_envelope(ingest: &Ingest, request: Request<Body>) -> Answer {
    let (headers, uri) = (request.headers().clone(), request.uri().clone());
    let client_ip = accept::find_client_ip(request.extensions());
    let sender = ingest.authenticate(&headers, &uri, None).await;
    let (sender, mut envelope, broken) = read(ingest, request, sender).await?;
    ingest.outcomes.count_all(&envelope.refused);

    let files = take_attachments(&mut envelope);
    let kinds = envelope.items.iter().map(|item| &item.kind).filter(|kind| !kind.is_stored());
    let not_stored: Vec<_> = kinds.cloned().collect();
    for _ in &not_stored {
        ingest.outcomes.count(Reason::ItemNotStored);
    }
    let mut unwanted = not_stored.clone();
    if !files.is_empty() && ingest.discards_attachments(&sender.0).await {
        unwanted.push(ItemKind::Attachment);
    }
    let accepted = accept_events(ingest, &headers, client_ip, sender, &envelope, files).await?;
    match (accepted, broken) {
        (Some(_), Some(broken)) => ingest.outcomes.count(broken.reason),
        (None, Some(broken)) => return Err(broken),
        (_, None) => {}
    }
    match envelope.refused.into_iter().next() {
        // No item could be used, so the SDK is informed.
        Some(refusal) if accepted.is_none() && not_stored.is_empty() => Err(refusal),
        _ => accept_but(accepted, &unwanted),
    }
}

/// Takes the attachments out of an envelope, so that they are not held twice.
fn take_attachments(envelope: &mut Envelope) -> Vec<SentFile> {
    let described = envelope.items.iter_mut().filter_map(|item| {
        let attachment = item.attachment.take()?;
        Some(SentFile { attachment, content: std::mem::take(&mut item.payload).into() })
    });
    described.collect()
}

type Sender = (Addressee, Option<KeyId>);

/// Reads an envelope. If the `sender` is not known yet, it is found by the `dsn` in the first line, before more is
/// read. Also returns why the envelope broke off, if it did: the events before that point are complete.
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
            // Without a valid sender, nothing is read after the line that could have named one.
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

/// Returns the sender named by the `dsn`, if nothing else named one.
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

/// Accepts each event, and each feedback, as a separate message. The first one that is not a user report gets the
/// attachments. Returns the id of the first one.
async fn accept_events(
    ingest: &Ingest,
    headers: &HeaderMap,
    client_ip: Option<IpAddr>,
    (project, key): Sender,
    envelope: &Envelope,
    files: Vec<SentFile>,
) -> Result<Option<EventId>, Refusal> {
    let (mut accepted, mut used, mut limited, mut files) = (None, HashSet::new(), None, Some(files));
    for item in envelope.items.iter().filter(|item| item.kind.is_occurrence()) {
        let id = choose_event_id(ingest, envelope, item, &used);
        if item.kind != ItemKind::UserReport {
            used.insert(id);
        }
        let header = Header {
            sent_at: envelope.header.sent_at,
            client_ip,
            key,
            trace: accept::find_trace(headers),
            ..Header::new(payload_kind(&item.kind), project.clone(), ingest.clock.now(), vec![id])
        };
        let message = Message { header, payload: item.payload.clone() };
        let files = files.take_if(|_| item.kind != ItemKind::UserReport).unwrap_or_default();
        match ingest.accept_with(message, files).await {
            Ok(()) => drop(accepted.get_or_insert(id)),
            // The items after it are still counted.
            Err(refusal) if refusal.limited.is_some() => {
                if accepted.is_some() || limited.is_some() {
                    ingest.outcomes.count(refusal.reason);
                }
                limited.get_or_insert(refusal);
            }
            Err(refusal) => return Err(refusal),
        }
    }
    for _ in files.into_iter().flatten() {
        ingest.outcomes.count(Reason::AttachmentWithoutEvent);
    }
    match limited {
        Some(limited) if accepted.is_none() => Err(limited),
        _ => Ok(accepted),
    }
}

/// Returns the form of the payload of a stored item.
pub(super) fn payload_kind(kind: &ItemKind) -> PayloadKind {
    match kind {
        ItemKind::Feedback => PayloadKind::Feedback,
        ItemKind::UserReport => PayloadKind::UserReport,
        _ => PayloadKind::Sentry,
    }
}

/// Returns the id of an event. The id in the envelope's header is the id of its first event. Any further event has its
/// own id, or else one that is derived from the header's, so that an envelope gets the same ids when it is sent again. A
/// user report has no id: it and the header name the event that it is about.
fn choose_event_id(ingest: &Ingest, envelope: &Envelope, item: &EnvelopeItem, used: &HashSet<EventId>) -> EventId {
    if item.kind == ItemKind::UserReport {
        let about = item.event_id.or(envelope.header.event_id);
        return about.map_or_else(|| ingest.make_event_id(), |about| about.derive_from(&item.payload));
    }
    let named = envelope.header.event_id.filter(|_| used.is_empty()).or(item.event_id);
    match named.filter(|id| !used.contains(id)) {
        Some(id) => id,
        None => match envelope.header.event_id.or(item.event_id) {
            Some(id) => id.derive(item.index as u64),
            None => ingest.make_event_id(),
        },
    }
}
