use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::retry::RetryConfig;
use aws_sdk_sqs::types::QueueAttributeName::QueueArn;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use tokio::sync::{Notify, oneshot};

use crate::error::{Kind, Result, StoreError};
use crate::ports::{Inbox, MESSAGE_LIMIT};

/// The most messages of a call, and the most bytes of them together: SQS's limits (1 MiB; half of it leaves room for
/// what the call itself takes).
const MAX_ENTRIES: usize = 10;
const MAX_BYTES: usize = 512 << 10;
/// How many calls may be under way. A second one is made only for as many messages as a call may have: sends that wait
/// for the first go together, which costs less than going at once.
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
    calls: usize,
    /// How many sends a call waits for, if one does.
    expected: usize,
}

impl Waiting {
    fn may_call(&self) -> bool {
        let is_full = self.sends.len() >= MAX_ENTRIES;
        self.calls == 0 || (is_full && self.calls < CALLS)
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
        let start = {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.sends.push_back(Send { text, answer });
            if waiting.expected == waiting.sends.len() {
                self.company.notify_one();
            }
            let start = waiting.may_call();
            waiting.calls += usize::from(start);
            start
        };
        if start {
            // In a task of its own: a caller that hangs up must not take the others' messages with it.
            tokio::spawn(self.clone().send_waiting());
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

    /// Sends batches until nothing waits.
    async fn send_waiting(self) {
        while let Some(batch) = self.next_batch() {
            let sent = batch.len();
            self.send_batch(batch).await;
            self.gather(sent).await;
        }
    }

    /// Waits a moment for as many sends as there were in the last batch and behind it. Otherwise those of a few
    /// connections would go in two halves, each waiting for the other, with twice the calls.
    async fn gather(&self, sent: usize) {
        let set = |expected| {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            let all = (sent + waiting.sends.len()).min(MAX_ENTRIES);
            let is_alone = waiting.calls == 1 && all > 1 && waiting.sends.len() < all;
            waiting.expected = if expected && is_alone { all } else { 0 };
            waiting.expected > 0
        };
        if set(true) {
            let _ = tokio::time::timeout(COMPANY, self.company.notified()).await;
            set(false);
        }
    }

    fn next_batch(&self) -> Option<Vec<Send>> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.calls -= 1;
        if !waiting.may_call() {
            return None;
        }
        waiting.calls += 1;
        let mut bytes = 0;
        let fits = waiting.sends.iter().take(MAX_ENTRIES).take_while(|send| {
            bytes += send.text.len();
            bytes <= MAX_BYTES
        });
        let count = fits.count();
        if count == 0 {
            waiting.calls -= 1;
            return None;
        }
        Some(waiting.sends.drain(..count).collect())
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
