//! Makes an accepted request durable.

use std::net::IpAddr;

use formats::inbox::{self, Addressee, ClaimCheck, Header, Message};
use http::{Extensions, HeaderMap};
use http_common::{Caller, ClaimedAddress};
use model::id::{EventId, ProjectName};
use model::outcome::{Reason, Refusal};
use model::time::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use store::Kind;
use store::ports::MESSAGE_LIMIT;
use tokio::time::timeout;

use crate::Ingest;
use crate::attachments::SentFile;
use crate::limiter::{Admitted, READ_TIMEOUT};

impl Ingest {
    /// Puts a message into the inbox, if its project's limits allow that many events. The message is durable when this
    /// returns. One request is one message, however many events it has, and is accepted or refused as a whole.
    pub(crate) async fn accept(&self, message: &Message) -> Result<(), Refusal> {
        let admitted = self.admit(&message.header).await?;
        self.keep_admitted(message, admitted).await
    }

    /// Like [`accept`](Self::accept), with the attachments of the message's event. They are stored first, so that they
    /// are durable, too. An attachment that cannot be stored does not cost the event.
    pub(crate) async fn accept_with(&self, mut message: Message, files: Vec<SentFile>) -> Result<(), Refusal> {
        let admitted = self.admit(&message.header).await?;
        message.header.attachments = self.store_attachments(&message.header, files).await;
        self.keep_admitted(&message, admitted).await
    }

    async fn admit(&self, header: &Header) -> Result<Admitted, Refusal> {
        self.limiter.admit(&header.project, header.event_ids.len() as u64, header.received_at).await
    }

    async fn keep_admitted(&self, message: &Message, admitted: Admitted) -> Result<(), Refusal> {
        let kept = self.keep(message).await;
        match &kept {
            Ok(()) => self.make_project(&message.header.project, message.header.received_at).await,
            Err(_) => self.limiter.give_back(admitted),
        }
        kept
    }

    /// Returns where to send the events that a caller posts to the project `name`. A key knows its project by the name
    /// that the project had when the key was created or last changed. If the names differ, this reads which project
    /// has, or had, this name.
    pub(crate) async fn find_addressee(&self, caller: &Caller, name: &ProjectName) -> Result<Addressee, Refusal> {
        let refused = match caller.post_to(name) {
            Err(refusal) if refusal.reason == Reason::KeyProject => refusal,
            found => return found,
        };
        let named = Addressee::Name(name.clone());
        let found = self.limiter.read_quota(&named, self.clock.now()).await.map(|quota| quota.project);
        match caller.own().filter(|own| found == Some(*own)) {
            Some(own) => Ok(Addressee::Id(own)),
            None => Err(refused),
        }
    }

    /// Creates the project that a message names, if it does not exist, so that it can be read immediately after the
    /// answer (it has no errors yet). Failures are only logged, since the processor creates the project, too.
    async fn make_project(&self, project: &Addressee, now: Timestamp) {
        let Addressee::Name(name) = project else { return };
        if self.limiter.read_quota(project, now).await.is_some() {
            return;
        }
        match timeout(READ_TIMEOUT, self.projects.create(name, now)).await {
            Ok(Ok(made)) => self.limiter.learn(project, made.id, made.limits, now),
            // Another process created it first.
            Ok(Err(error)) if error.kind() == Kind::Conflict => {}
            Ok(Err(error)) => {
                tracing::warn!(error.message = %error, "failed to create a project: left to the processor")
            }
            Err(late) => tracing::warn!(error.message = %late, "failed to create a project: left to the processor"),
        }
    }

    /// Like [`accept`](Self::accept), with a payload that is serialised to JSON.
    pub(crate) async fn accept_json(&self, header: Header, payload: &impl Serialize) -> Result<(), Refusal> {
        let payload = serde_json::to_vec(payload)
            .map_err(|error| Refusal::new(Reason::Internal, format!("failed to serialise the body: {error}")))?;
        self.accept(&Message { header, payload }).await
    }

    async fn keep(&self, message: &Message) -> Result<(), Refusal> {
        let packed = message.pack();
        let mut text = inbox::inline(&packed);
        if text.len() > MESSAGE_LIMIT {
            let claim = ClaimCheck::of(&message.header, self.clock.random());
            let none = || Refusal::new(Reason::Internal, "a message without events is too large for the queue");
            let key = claim.ok_or_else(none)?.to_string();
            self.claims.put_claim_check(&key, packed).await?;
            text = inbox::claim(&key);
        }
        Ok(self.inbox.send(text).await?)
    }

    /// Returns a random id for an event whose client did not give it one.
    pub(crate) fn make_event_id(&self) -> EventId {
        EventId::from_bytes(self.clock.random().to_be_bytes())
    }
}

/// How many items of a list were stored.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub(crate) struct PostCount {
    pub(crate) post_count: usize,
}

/// Returns the `traceparent` header of the caller. W3C's format has 55 characters; anything longer than 64 is ignored.
pub(crate) fn find_trace(headers: &HeaderMap) -> Option<String> {
    let value = headers.get("traceparent")?.to_str().ok()?;
    (value.len() <= 64).then(|| value.to_owned())
}

/// Returns the client's address, which becomes the user's address if the SDK asks for that with `{{auto}}`.
pub(crate) fn find_client_ip(extensions: &Extensions) -> Option<IpAddr> {
    ClaimedAddress::find_in(extensions)
}
