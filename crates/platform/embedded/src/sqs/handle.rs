//! The side of the event-source mapping: what Lambda's poller does inside AWS.

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

/// A queue that allows batches of any size. Receives are counted, time out, and lead to the dead-letter queue like
/// those of the API.
#[derive(Clone)]
pub struct Queue {
    engine: Arc<Engine>,
    state: Arc<QueueState>,
}

/// A received message, with the receipt that deletes it.
#[derive(Clone, Debug)]
pub struct Received {
    /// The id that the sender got.
    pub message_id: String,
    /// For deletion and changes of visibility. Valid until the message is received again.
    pub receipt_handle: String,
    pub body: String,
    /// The attributes that it was sent with.
    pub attributes: BTreeMap<String, Attribute>,
    /// The X-Ray trace header that it was sent with.
    pub trace_header: Option<String>,
    /// The number of receives so far, including this one.
    pub receive_count: u32,
    pub sent_at: SystemTime,
    pub first_received_at: SystemTime,
}

/// The numbers of messages in a queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// Messages that a receive would return.
    pub visible: u64,
    /// Messages that were received, not deleted, and are not visible again yet.
    pub in_flight: u64,
    /// Messages that were sent with a delay that is not over yet.
    pub delayed: u64,
}

impl Queue {
    pub(super) fn new(engine: Arc<Engine>, state: Arc<QueueState>) -> Self {
        Self { engine, state }
    }

    /// The ARN by which events name their source.
    pub fn arn(&self) -> String {
        super::arn(&self.state.name)
    }

    /// How long a received message is invisible by default.
    pub fn visibility_timeout(&self) -> Duration {
        Duration::from_secs(self.state.attributes().visibility_timeout.into())
    }

    /// Sends a message. Returns its id when it is durable. Concurrent sends share a commit.
    ///
    /// # Errors
    /// [`Error::Refused`] if the body is empty, too long, or contains characters that SQS does not allow;
    /// [`Error::Failed`] if it could not be stored.
    pub async fn send(&self, body: String) -> Result<String, Error> {
        let refused = |refusal: Refusal| Error::Refused { reason: refusal.message().to_owned() };
        let attributes = self.state.attributes();
        let draft = Draft::new(body, Extras::default(), attributes.delay).map_err(refused)?;
        draft.check_size(attributes.max_message).map_err(refused)?;
        let id = crate::shared::uuid(draft.uuid);
        self.engine.send(&self.state, vec![draft]).await.map_err(failed)?;
        Ok(id)
    }

    /// Receives up to `max_messages`, oldest first, with bodies and attributes of up to `max_bytes` in total (but at
    /// least one message, whatever its size). They are invisible to others for `visibility`. Does not wait, and may
    /// return nothing.
    ///
    /// # Errors
    /// [`Error::Failed`]; then nothing was received.
    pub async fn receive(
        &self,
        max_messages: usize,
        max_bytes: u64,
        visibility: Duration,
    ) -> Result<Vec<Received>, Error> {
        let taken = self.engine.receive(&self.state, max_messages, max_bytes, visibility).await.map_err(failed)?;
        Ok(taken.messages.into_iter().map(received).collect())
    }

    /// Waits until a message may be visible: one was sent, a delay or a visibility timeout ended, or a visibility was
    /// changed. Returns at once if there is one. The message may still be gone, or may go to the dead-letter queue, at
    /// the receive that follows.
    ///
    /// # Errors
    /// [`Error::Failed`] if the queue cannot be read.
    pub async fn arrived(&self) -> Result<(), Error> {
        self.engine.wait(&self.state, None).await.map(drop).map_err(failed)
    }

    /// Deletes messages by the receipt handles of their latest receives, in one transaction. Skips handles of other
    /// queues and of earlier receives. Returns how many messages were deleted.
    ///
    /// # Errors
    /// [`Error::Failed`]; then none was deleted.
    pub async fn delete<H: AsRef<str>>(&self, handles: impl IntoIterator<Item = H>) -> Result<u64, Error> {
        let receipts = handles.into_iter().filter_map(|handle| self.receipt(handle.as_ref())).collect();
        self.engine.delete(receipts).await.map_err(failed)
    }

    /// Makes messages visible after `visibility` from now; with zero at once, as for a failed item of a batch. Skips
    /// the same handles as [`Self::delete`], and those of messages that are visible already. Returns how many were
    /// changed.
    ///
    /// # Errors
    /// [`Error::Failed`]; then none was changed.
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

    /// Makes every message in flight visible at once, before messages that were sent later. For a process that opened a
    /// directory after another process died: no receiver of the messages in flight is left. Returns how many messages
    /// were received before, whether they were still in flight or visible again.
    ///
    /// # Errors
    /// [`Error::Failed`]; then none was changed.
    pub async fn release(&self) -> Result<u64, Error> {
        self.engine.release(&self.state).await.map_err(failed)
    }

    /// Counts the messages, by an index.
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
