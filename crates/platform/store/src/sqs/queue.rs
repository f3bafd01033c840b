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

/// The most messages of a call, and the most bytes of them together: SQS's limits (1 MiB; half of it leaves room for
/// what the call itself takes).
const MAX_ENTRIES: usize = 10;
const MAX_BYTES: usize = 512 << 10;
/// How many calls may be under way. A second one is made only if it is full: sends that wait for the first go together,
/// which costs less than going at once.
const CALLS: usize = 6;
/// How long a call waits for the senders that the call before it answered: they come back, if they have more to send.
const COMPANY: Duration = Duration::from_millis(1);
const DOING: &str = "sending to the inbox";

/// The queue. Sends that come while calls are under way wait and go together, ten to a call: in Lambda, with one
/// request at a time, none ever waits; in a process with many connections it saves nine calls of ten.
#[derive(Clone, Debug)]
pub struct Queue {
    pub(super) client: Client,
    pub(super) url: String,
    waiting: Arc<Mutex<Waiting>>,
    /// Told when as many wait as a call waits for.
    company: Arc<Notify>,
}

#[derive(Debug, Default)]
struct Waiting {
    sends: VecDeque<Send>,
    /// Bytes of the sends.
    bytes: usize,
    calls: usize,
    /// How many sends a call waits for, if one does.
    expected: usize,
}

impl Waiting {
    /// Whether as much waits as a call may have.
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

    /// As many sends as a call may have.
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
            return Err(StoreError::new(Kind::Rejected, DOING, format!("a message of {} bytes", text.len())));
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
        answered.await.unwrap_or_else(|_| Err(StoreError::new(Kind::Unavailable, DOING, "the sender was stopped")))
    }
}

impl Queue {
    /// The queue at this URL.
    pub fn new(client: Client, url: impl Into<String>) -> Self {
        Self { client, url: url.into(), waiting: Arc::default(), company: Arc::default() }
    }

    /// The client that calls the queue, for others of the same service.
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// Makes the connection that the first request would otherwise wait for. What comes of it does not matter: the first
    /// request finds out.
    pub async fn connect(&self) {
        let attributes = self.client.get_queue_attributes().queue_url(&self.url).attribute_names(QueueArn);
        let once = aws_sdk_sqs::config::Builder::new().retry_config(RetryConfig::disabled());
        if let Err(error) = attributes.customize().config_override(once).send().await {
            let error = StoreError::of_call("connecting to the inbox", &error);
            tracing::debug!(error.message = %error, "the inbox does not answer yet");
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock()
    }

    /// Begins to send what waits, if it is time: in a task of its own, since a caller that hangs up must not take the
    /// others' messages with it.
    fn start_call(&self, waiting: &mut Waiting) {
        if waiting.may_call() {
            waiting.calls += 1;
            tokio::spawn(Calls { queue: self.clone(), ended: false }.run());
        }
    }

    /// Waits a moment for as many sends as there were in the last batch and behind it. Otherwise those of a few
    /// connections would go in two halves, each waiting for the other, with twice the calls.
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
            // Nobody may be waiting any more: then the message is in the queue all the same.
            let _ = answer.send(result);
        }
    }

    /// One call; a result for each message, in their order.
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

/// One call after the other, until nothing waits for them.
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

    /// What the next call sends. None if there is nothing, or if it is left to the other calls under way.
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
    /// A call that panicked, or was stopped, leaves its place to another.
    fn drop(&mut self) {
        if !self.ended && tokio::runtime::Handle::try_current().is_ok() {
            let mut waiting = self.queue.waiting();
            waiting.calls -= 1;
            self.queue.start_call(&mut waiting);
        }
    }
}
