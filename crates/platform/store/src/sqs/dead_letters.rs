use std::collections::HashSet;

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use model::time::Timestamp;

use super::{Queue, move_tasks};
use crate::error::{Kind, Result, StoreError};
use crate::ports::{DeadLetter, DeadLetterScan, DeadLetters, Inbox, MoveProgress, ReceivedLetter, Undelivered};

/// The most messages that SQS returns in one call.
const MAX_RECEIVED_MESSAGES: i32 = 10;
/// How long a received message is hidden from other readers unless it is released, in seconds.
const VISIBILITY_SECONDS: i32 = 30;
const DOING: &str = "reading the dead-letter queue";

#[derive(Clone, Debug)]
pub struct DeadLetterQueue {
    pub(super) client: Client,
    pub(super) url: String,
    inbox: Option<Queue>,
}

impl DeadLetterQueue {
    /// The queue at this URL. Its messages can be redriven to `inbox`.
    pub fn new(client: Client, url: impl Into<String>, inbox: Queue) -> Self {
        Self { client, url: url.into(), inbox: Some(inbox) }
    }

    /// The queue at this URL, for listing only: its messages cannot be redriven.
    pub fn to_look_at(client: Client, url: impl Into<String>) -> Self {
        Self { client, url: url.into(), inbox: None }
    }

    /// Receives messages that nobody else holds. Empty if there are no more.
    async fn next(&self) -> Result<Vec<ReceivedLetter>> {
        let call = self
            .client
            .receive_message()
            .queue_url(&self.url)
            .max_number_of_messages(MAX_RECEIVED_MESSAGES)
            .visibility_timeout(VISIBILITY_SECONDS)
            .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp);
        let received = call.send().await.map_err(|error| StoreError::of_call(DOING, &error))?;
        Ok(received.messages.unwrap_or_default().into_iter().filter_map(parse_message).collect())
    }

    fn redrives_to(&self) -> Result<&Queue> {
        let rejected = || StoreError::new(Kind::Rejected, DOING, "this process cannot write to the inbox");
        self.inbox.as_ref().ok_or_else(rejected)
    }

    async fn delete(&self, receipt: &str) -> Result<()> {
        let call = self.client.delete_message().queue_url(&self.url).receipt_handle(receipt);
        call.send().await.map(drop).map_err(|error| StoreError::of_call("removing a dead letter", &error))
    }

    async fn return_one(&self, receipt: &str) -> Result<()> {
        let call = self.client.change_message_visibility().queue_url(&self.url).receipt_handle(receipt);
        call.visibility_timeout(0).send().await.map(drop).map_err(|error| StoreError::of_call(DOING, &error))
    }
}

fn parse_message(message: Message) -> Option<ReceivedLetter> {
    let sent = message.attributes.as_ref().and_then(|all| all.get(&MessageSystemAttributeName::SentTimestamp));
    let sent_at = Timestamp::from_millis(sent.and_then(|millis| millis.parse().ok()).unwrap_or_default());
    let letter = DeadLetter { id: message.message_id?, text: message.body.unwrap_or_default(), sent_at };
    Some(ReceivedLetter { letter, receipt: message.receipt_handle? })
}

#[async_trait]
impl DeadLetters for DeadLetterQueue {
    async fn list(&self, limit: usize) -> Result<Vec<DeadLetter>> {
        let mut letters = Vec::new();
        let mut scan = DeadLetterScan::new(self);
        while let Some(received) = scan.next(limit).await? {
            letters.push(received.letter.clone());
            scan.keep(received);
        }
        scan.finish().await?;
        Ok(letters)
    }

    fn can_redrive(&self) -> bool {
        self.inbox.is_some()
    }

    async fn redrive(&self, ids: &HashSet<String>, limit: usize) -> Result<u64> {
        let inbox = self.redrives_to()?;
        let mut moved = 0;
        let mut scan = DeadLetterScan::new(self);
        while let Some(received) = scan.next(limit).await? {
            if !ids.contains(&received.letter.id) {
                scan.keep(received);
                continue;
            }
            inbox.send(received.letter.text).await?;
            self.delete(&received.receipt).await?;
            moved += 1;
        }
        scan.finish().await?;
        Ok(moved)
    }

    async fn redrive_all(&self) -> Result<MoveProgress> {
        let inbox = self.redrives_to()?;
        move_tasks::run(&self.client, &self.url, inbox.url()).await
    }
}

#[async_trait]
impl Undelivered for DeadLetterQueue {
    async fn keep(&self, text: String) -> Result<()> {
        let call = self.client.send_message().queue_url(&self.url).message_body(text);
        call.send().await.map(drop).map_err(|error| StoreError::of_call("storing a dead letter", &error))
    }

    async fn receive(&self) -> Result<Vec<ReceivedLetter>> {
        self.next().await
    }

    async fn remove(&self, received: &ReceivedLetter) -> Result<()> {
        self.delete(&received.receipt).await
    }

    async fn release(&self, received: &ReceivedLetter) -> Result<()> {
        self.return_one(&received.receipt).await
    }
}
