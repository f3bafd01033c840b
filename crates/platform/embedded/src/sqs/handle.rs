//! The event-source mapping's side: what Lambda's poller does inside AWS.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::engine::{Engine, QueueState};
use super::message::{Attribute, Draft, Extras};
use super::messages::{StoredMessage, VisibilityChange};
use super::receipt::Receipt;
use super::refusal::Refusal;
use crate::Error;
use crate::shared::clock::from_ms;
use crate::shared::fault::Fault;

/// A queue with batches of any size. Receives count, time out and go to the dead-letter queue as those of the API.
#[derive(Clone)]
pub struct Queue {
    engine: Arc<Engine>,
    state: Arc<QueueState>,
}

/// A received message.
#[derive(Clone, Debug)]
pub struct Received {
    /// The id that the sender was told.
    pub message_id: String,
    /// For deletion and visibility; good until the message is received again.
    pub receipt_handle: String,
    /// The body.
    pub body: String,
    /// The attributes that it was sent with.
    pub attributes: BTreeMap<String, Attribute>,
    /// The X-Ray trace header that it was sent with.
    pub trace_header: Option<String>,
    /// Receives so far, this one included.
    pub receive_count: u32,
    /// When it was sent.
    pub sent_at: SystemTime,
    /// When it was first received.
    pub first_received_at: SystemTime,
}

/// How many messages a queue holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// Those that a receive would get.
    pub visible: u64,
    /// Those received, not deleted, and not visible again.
    pub in_flight: u64,
    /// Those sent with a delay that is not over.
    pub delayed: u64,
}

impl Queue {
    pub(super) fn new(engine: Arc<Engine>, state: Arc<QueueState>) -> Self {
        Self { engine, state }
    }

    /// The ARN, as events name their source.
    pub fn arn(&self) -> String {
        super::arn(&self.state.name)
    }

    /// How long a message is invisible after a receive by default.
    pub fn visibility_timeout(&self) -> Duration {
        Duration::from_secs(self.state.attributes().visibility_timeout.into())
    }

    /// Sends a message; returns its id when it is durable. Concurrent sends share a commit.
    ///
    /// # Errors
    /// [`Error::Refused`] if it is empty, too long or has characters that SQS does not take; [`Error::Failed`] if it
    /// could not be stored.
    pub async fn send(&self, body: String) -> Result<String, Error> {
        let refused = |refusal: Refusal| Error::Refused { reason: refusal.message().to_owned() };
        let attributes = self.state.attributes();
        let draft = Draft::new(body, Extras::default(), attributes.delay).map_err(refused)?;
        draft.check_size(attributes.max_message).map_err(refused)?;
        let id = crate::shared::uuid(draft.uuid);
        self.engine.send(&self.state, vec![draft]).await.map_err(failed)?;
        Ok(id)
    }

    /// Receives up to `max_messages` with bodies and attributes of up to `max_bytes` together (but one message
    /// whatever its size), oldest first, invisible to others for `visibility`. Returns at once, possibly nothing.
    ///
    /// # Errors
    /// [`Error::Failed`]; nothing was received then.
    pub async fn receive(
        &self,
        max_messages: usize,
        max_bytes: u64,
        visibility: Duration,
    ) -> Result<Vec<Received>, Error> {
        let taken = self.engine.receive(&self.state, max_messages, max_bytes, visibility).await.map_err(failed)?;
        Ok(taken.messages.into_iter().map(received).collect())
    }

    /// Waits until there may be a visible message: one was sent, a delay or a visibility time-out is over, or a
    /// visibility was changed. Returns at once if there is one. What it finds may be gone, or go to the dead-letter
    /// queue, at the receive that follows.
    ///
    /// # Errors
    /// [`Error::Failed`] if the queue cannot be read.
    pub async fn arrived(&self) -> Result<(), Error> {
        self.engine.wait(&self.state, None).await.map(drop).map_err(failed)
    }

    /// Deletes messages by the handles of their latest receive, all in one transaction. Handles that are not of this
    /// queue or not of a latest receive are passed over. Returns how many messages were deleted.
    ///
    /// # Errors
    /// [`Error::Failed`]; none is deleted then.
    pub async fn delete<H: AsRef<str>>(&self, handles: impl IntoIterator<Item = H>) -> Result<u64, Error> {
        let receipts = handles.into_iter().filter_map(|handle| self.receipt(handle.as_ref())).collect();
        self.engine.delete(receipts).await.map_err(failed)
    }

    /// Makes messages visible `visibility` from now; at once for zero, as for a failed item of a batch. Handles are
    /// passed over as by [`Self::delete`], also those of messages that are visible already. Returns how many changed.
    ///
    /// # Errors
    /// [`Error::Failed`]; none is changed then.
    pub async fn change_visibility<H: AsRef<str>>(
        &self,
        handles: impl IntoIterator<Item = H>,
        visibility: Duration,
    ) -> Result<u64, Error> {
        let receipts = handles.into_iter().filter_map(|handle| self.receipt(handle.as_ref()));
        let changes = receipts.map(|receipt| (receipt, visibility)).collect();
        let changes = self.engine.change_visibility(&self.state, changes).await.map_err(failed)?;
        Ok(changes.into_iter().filter(|change| *change == VisibilityChange::Done).count() as u64)
    }

    /// Makes every message in flight visible at once, ahead of what was sent after it, for whoever knows that nobody is left who received one: a process
    /// that has just opened a directory which another process, now dead, had open. Returns how many messages there are
    /// that somebody has received, whether they were in flight still or visible again.
    ///
    /// # Errors
    /// [`Error::Failed`]; none is changed then.
    pub async fn release(&self) -> Result<u64, Error> {
        self.engine.release(&self.state).await.map_err(failed)
    }

    /// How many messages there are now, by an index.
    ///
    /// # Errors
    /// [`Error::Failed`] if the queue cannot be read.
    pub async fn depth(&self) -> Result<Depth, Error> {
        let [visible, in_flight, delayed] = self.engine.count(&self.state).await.map_err(failed)?;
        Ok(Depth { visible, in_flight, delayed })
    }

    fn receipt(&self, handle: &str) -> Option<Receipt> {
        Receipt::parse(handle, self.state.id).ok()
    }
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Queue").field(&self.state.name).finish()
    }
}

fn received(message: StoredMessage) -> Received {
    let attributes = message.extras.attributes.iter().filter_map(|(name, attribute)| {
        let value = attribute.value()?;
        Some((name.clone(), Attribute { data_type: attribute.data_type.clone(), value }))
    });
    Received {
        message_id: message.uuid(),
        receipt_handle: message.receipt().to_handle(),
        attributes: attributes.collect(),
        receive_count: message.receives(),
        sent_at: from_ms(message.sent()),
        first_received_at: from_ms(message.first_receive()),
        trace_header: message.extras.trace_header,
        body: message.body,
    }
}

fn failed(fault: Fault) -> Error {
    Error::failed("sqs", fault)
}
