//! Making an accepted request durable.

use domain::id::EventId;
use domain::inbox::{self, Message};
use domain::outcome::Refusal;
use gate::storage_failed;
use store::ports::MESSAGE_LIMIT;

use crate::Ingest;

impl Ingest {
    /// Puts a message into the inbox; when this returns it is durable. One request is one message, however many events
    /// it brings: it is accepted whole or not at all.
    pub(crate) async fn accept(&self, message: &Message) -> Result<(), Refusal> {
        let packed = message.pack();
        let mut text = inbox::inline(&packed);
        if text.len() > MESSAGE_LIMIT {
            let key = inbox::claim_key(message.header.received_at, self.clock.random());
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
