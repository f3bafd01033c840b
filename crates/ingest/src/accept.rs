//! Making an accepted request durable.

use std::net::IpAddr;

use domain::id::EventId;
use domain::inbox::{self, Claim, Header, Message};
use domain::outcome::{Reason, Refusal};
use gate::{ClientAddress, storage_failed};
use http::{Extensions, HeaderMap};
use schemars::JsonSchema;
use serde::Serialize;
use store::ports::MESSAGE_LIMIT;

use crate::Ingest;

impl Ingest {
    /// Puts a message into the inbox, if its project may send so much; when this returns it is durable. One request is one
    /// message, however many events it brings: it is accepted whole or not at all.
    pub(crate) async fn accept(&self, message: &Message) -> Result<(), Refusal> {
        let Header { project, event_ids, received_at, .. } = &message.header;
        let admitted = self.limiter.admit(project, event_ids.len() as u64, *received_at).await?;
        let kept = self.keep(message).await;
        if kept.is_err() {
            self.limiter.give_back(admitted);
        }
        kept
    }

    /// The same, of what is put into the inbox as JSON.
    pub(crate) async fn accept_json(&self, header: Header, payload: &impl Serialize) -> Result<(), Refusal> {
        let payload = serde_json::to_vec(payload)
            .map_err(|error| Refusal::new(Reason::Internal, format!("the body cannot be written down: {error}")))?;
        self.accept(&Message { header, payload }).await
    }

    async fn keep(&self, message: &Message) -> Result<(), Refusal> {
        let packed = message.pack();
        let mut text = inbox::inline(&packed);
        if text.len() > MESSAGE_LIMIT {
            let claim = Claim::of(&message.header, self.clock.random());
            let none = || Refusal::new(Reason::Internal, "a message without events is over the queue's limit");
            let key = claim.ok_or_else(none)?.to_string();
            self.claims.put_claim(&key, packed).await.map_err(|error| storage_failed(&error))?;
            text = inbox::claim(&key);
        }
        self.inbox.send(text).await.map_err(|error| storage_failed(&error))
    }

    /// A fresh id for an event whose client gave it none.
    pub(crate) fn event_id(&self) -> EventId {
        EventId::from_bytes(self.clock.random().to_be_bytes())
    }
}

/// How many of a list are stored.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub(crate) struct Count {
    pub(crate) post_count: usize,
}

/// The caller's trace, if it is one: W3C's `traceparent` has 55 characters.
pub(crate) fn trace(headers: &HeaderMap) -> Option<String> {
    let value = headers.get("traceparent")?.to_str().ok()?;
    (value.len() <= 64).then(|| value.to_owned())
}

/// The address of the client, which becomes the user's where an SDK asks for it (`{{auto}}`).
pub(crate) fn client_ip(extensions: &Extensions) -> Option<IpAddr> {
    ClientAddress::of(extensions).map(ClientAddress::ip)
}
