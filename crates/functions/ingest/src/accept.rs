//! Making an accepted request durable.

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
use crate::limiter::READ_TIMEOUT;

impl Ingest {
    /// Puts a message into the inbox, if its project may send so much; when this returns it is durable. One request is one
    /// message, however many events it brings: it is accepted whole or not at all.
    pub(crate) async fn accept(&self, message: &Message) -> Result<(), Refusal> {
        let Header { project, event_ids, received_at, .. } = &message.header;
        let admitted = self.limiter.admit(project, event_ids.len() as u64, *received_at).await?;
        let kept = self.keep(message).await;
        match &kept {
            Ok(()) => self.make_project(project, *received_at).await,
            Err(_) => self.limiter.give_back(admitted),
        }
        kept
    }

    /// Where events go that a caller sends to the project `name`. A key knows its project by the name that it had when the
    /// key was made or last changed: if it is another, the project is asked, which has this name now or had it before.
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

    /// Makes the project that a message names, if there is none of this name: so whoever was answered with success can read
    /// from it at once, and finds nothing yet. What fails here fails nobody: the processor makes it, too.
    async fn make_project(&self, project: &Addressee, now: Timestamp) {
        let Addressee::Name(name) = project else { return };
        if self.limiter.read_quota(project, now).await.is_some() {
            return;
        }
        match timeout(READ_TIMEOUT, self.projects.create(name, now)).await {
            Ok(Ok(made)) => self.limiter.learn(project, made.id, now),
            // Somebody else made it.
            Ok(Err(error)) if error.kind() == Kind::Conflict => {}
            Ok(Err(error)) => {
                tracing::warn!(error.message = %error, "failed to make a project: the processor makes it")
            }
            Err(late) => tracing::warn!(error.message = %late, "failed to make a project: the processor makes it"),
        }
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
            let claim = ClaimCheck::of(&message.header, self.clock.random());
            let none = || Refusal::new(Reason::Internal, "a message without events is over the queue's limit");
            let key = claim.ok_or_else(none)?.to_string();
            self.claims.put_claim_check(&key, packed).await?;
            text = inbox::claim(&key);
        }
        Ok(self.inbox.send(text).await?)
    }

    /// A fresh id for an event whose client gave it none.
    pub(crate) fn make_event_id(&self) -> EventId {
        EventId::from_bytes(self.clock.random().to_be_bytes())
    }
}

/// How many of a list are stored.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub(crate) struct PostCount {
    pub(crate) post_count: usize,
}

/// The caller's trace, if it is one: W3C's `traceparent` has 55 characters.
pub(crate) fn find_trace(headers: &HeaderMap) -> Option<String> {
    let value = headers.get("traceparent")?.to_str().ok()?;
    (value.len() <= 64).then(|| value.to_owned())
}

/// The address of the client, which becomes the user's where an SDK asks for it (`{{auto}}`).
pub(crate) fn find_client_ip(extensions: &Extensions) -> Option<IpAddr> {
    ClaimedAddress::find_in(extensions)
}
