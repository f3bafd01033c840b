use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::retry::RetryConfig;
use aws_sdk_sqs::types::QueueAttributeName::QueueArn;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use parking_lot::{Mutex, MutexGuard};
use tokio::sync::{Notify, oneshot};

use crate::error::{Kind, Result, StoreError};
use crate::ports::{Inbox, MESSAGE_LIMIT};

/// The most messages in one call, and the most bytes in it. SQS takes ten messages and 1 MiB; half of that leaves room
/// for the rest of the request.
const MAX_ENTRIES: usize = 10;
const MAX_BYTES: usize = 512 << 10;
/// The most concurrent calls. A further call starts only if its batch is full: sends that wait for the first call
/// travel together, which costs less than sending each at once.
const CALLS: usize = 6;
/// How long a call waits for the senders that the previous call answered: if they have more to send, they come back at
/// once.
const COMPANY: Duration = Duration::from_millis(1);
const DOING: &str = "sending to the inbox";

/// A client of the queue. Sends that arrive while a call is in progress wait and travel together, up to ten in a call.
/// In Lambda, with one request at a time, none ever waits. In a process with many connections this saves nine calls of
/// ten.
#[derive(Clone, Debug)]
pub struct Queue {
    pub(super) client: Client,
    pub(super) url: String,
    waiting: Arc<Mutex<Waiting>>,
    /// Notified when as many sends wait as the next call expects.
    company: Arc<Notify>,
}

#[derive(Debug, Default)]
struct Waiting {
    sends: VecDeque<Send>,
    /// The total size of the sends, in bytes.
    bytes: usize,
    calls: usize,
    /// How many sends the next call waits for; 0 if none waits.
    expected: usize,
}

impl Waiting {
    /// Whether the waiting sends fill a call.
    fn is_full(&self) -> bool {
        self.sends.len() >= MAX_ENTRIES || self.bytes >= MAX_BYTES
    }

    fn may_call(&self) -> bool {
        !self.sends.is_empty() && (self.calls == 0 || (self.is_full() && self.calls < CALLS))
    }

    fn push(&mut self, send: Send) {
        self.bytes += send.text.len();
        self.sends.push_back(send);
    }

    /// Removes and returns as many sends as fit into a call.
    fn take(&mut self) -> Vec<Send> {
        let mut bytes = 0;
        let fits = self.sends.iter().take(MAX_ENTRIES).take_while(|send| {
            bytes += send.text.len();
            bytes <= MAX_BYTES
        });
        let batch: Vec<_> = self.sends.drain(..fits.count()).collect();
        self.bytes -= batch.iter().map(|send| send.text.len()).sum::<usize>();
        batch
    }
}

#[derive(Debug)]
struct Send {
    text: String,
    answer: oneshot::Sender<Result<()>>,
}

#[async_trait]
impl Inbox for Queue {
    async fn send(&self, text: String) -> Result<()> {
        if text.len() > MESSAGE_LIMIT {
            return Err(StoreError::new(
                Kind::Rejected,
                DOING,
                format!("the message has {} bytes, more than {MESSAGE_LIMIT}", text.len()),
            ));
        }
        let (answer, answered) = oneshot::channel();
        {
            let mut waiting = self.waiting();
            waiting.push(Send { text, answer });
            if waiting.expected == waiting.sends.len() || waiting.is_full() {
                self.company.notify_one();
            }
            self.start_call(&mut waiting);
        }
        answered
            .await
            .unwrap_or_else(|_| Err(StoreError::new(Kind::Unavailable, DOING, "the sending task was stopped")))
    }
}

impl Queue {
    pub fn new(client: Client, url: impl Into<String>) -> Self {
        Self { client, url: url.into(), waiting: Arc::default(), company: Arc::default() }
    }

    /// The SQS client, so that other queues can share it.
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Opens the connection, so that the first request need not wait for it. The result does not matter: the first
    /// request will notice.
    pub async fn connect(&self) {
        let attributes = self.client.get_queue_attributes().queue_url(&self.url).attribute_names(QueueArn);
        let once = aws_sdk_sqs::config::Builder::new().retry_config(RetryConfig::disabled());
        if let Err(error) = attributes.customize().config_override(once).send().await {
            let error = StoreError::of_call("connecting to the inbox", &error);
            tracing::debug!(error.message = %error, "failed to connect to the inbox");
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock()
    }

    /// Starts a call if one may start now. It runs in its own task, so that a caller that hangs up does not cancel the
    /// messages of others.
    fn start_call(&self, waiting: &mut Waiting) {
        if waiting.may_call() {
            waiting.calls += 1;
            tokio::spawn(Calls { queue: self.clone(), ended: false }.run());
        }
    }

    /// Waits up to [`COMPANY`] until as many sends wait as the last batch had, plus those that already waited. Without
    /// this, the sends of a few connections would travel in two alternating halves, with twice the calls.
    async fn gather(&self, sent: usize) {
        let is_short = {
            let mut waiting = self.waiting();
            waiting.expected = (sent + waiting.sends.len()).min(MAX_ENTRIES);
            waiting.calls == 1 && waiting.sends.len() < waiting.expected && waiting.expected > 1 && !waiting.is_full()
        };
        if is_short {
            let _ = tokio::time::timeout(COMPANY, self.company.notified()).await;
        }
        self.waiting().expected = 0;
    }

    async fn send_batch(&self, batch: Vec<Send>) {
        let (texts, answers): (Vec<_>, Vec<_>) = batch.into_iter().map(|send| (send.text, send.answer)).unzip();
        for (answer, result) in answers.into_iter().zip(self.call(texts).await) {
            // The sender may have given up. The message is in the queue all the same.
            let _ = answer.send(result);
        }
    }

    /// Sends one batch and returns a result for each message, in order.
    async fn call(&self, texts: Vec<String>) -> Vec<Result<()>> {
        let count = texts.len();
        if count == 1 {
            let call = self.client.send_message().queue_url(&self.url).message_body(texts.concat());
            return vec![call.send().await.map(drop).map_err(|error| StoreError::of_call(DOING, &error))];
        }
        let entries = texts.into_iter().enumerate().filter_map(|(index, text)| {
            SendMessageBatchRequestEntry::builder().id(index.to_string()).message_body(text).build().ok()
        });
        let call = self.client.send_message_batch().queue_url(&self.url).set_entries(Some(entries.collect()));
        match call.send().await {
            Err(error) => (0..count).map(|_| Err(StoreError::of_call(DOING, &error))).collect(),
            Ok(sent) => {
                let mut results: Vec<_> = (0..count).map(|_| Ok(())).collect();
                for entry in sent.failed() {
                    let kind = if entry.sender_fault() { Kind::Rejected } else { Kind::Unavailable };
                    let detail = format!("{} {}", entry.code(), entry.message().unwrap_or_default());
                    if let Some(result) = entry.id().parse().ok().and_then(|index: usize| results.get_mut(index)) {
                        *result = Err(StoreError::new(kind, DOING, detail));
                    }
                }
                results
            }
        }
    }
}

/// Makes one call after another until no sends wait.
struct Calls {
    queue: Queue,
    ended: bool,
}

impl Calls {
    async fn run(mut self) {
        while let Some(batch) = self.next() {
            let sent = batch.len();
            self.queue.send_batch(batch).await;
            self.queue.gather(sent).await;
        }
    }

    /// Returns the next batch; `None` if nothing waits, or if the other calls in progress will take it.
    fn next(&mut self) -> Option<Vec<Send>> {
        let mut waiting = self.queue.waiting();
        waiting.calls -= 1;
        if waiting.may_call() {
            waiting.calls += 1;
            return Some(waiting.take());
        }
        self.ended = true;
        None
    }
}

impl Drop for Calls {
    /// If a call panicked or was stopped, another takes its place.
    fn drop(&mut self) {
        if !self.ended && tokio::runtime::Handle::try_current().is_ok() {
            let mut waiting = self.queue.waiting();
            waiting.calls -= 1;
            self.queue.start_call(&mut waiting);
        }
    }
}
