use std::collections::HashSet;

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use model::time::Timestamp;

use super::Queue;
use crate::error::{Kind, Result, StoreError};
use crate::ports::{DeadLetter, DeadLetters, Inbox, Lent, Round, Undelivered};

/// The most messages that SQS gives in one call.
const MAX_RECEIVED: i32 = 10;
/// For how long a message that is looked at is lent out, in seconds: until it is given back, or if nobody does.
const LENT: i32 = 30;
const DOING: &str = "reading the dead-letter queue";

/// The dead-letter queue of an inbox.
#[derive(Clone, Debug)]
pub struct DeadLetterQueue {
    pub(super) client: Client,
    pub(super) url: String,
    inbox: Option<Queue>,
}

impl DeadLetterQueue {
    /// The queue at this URL, whose messages go back to `inbox`.
    pub fn new(client: Client, url: impl Into<String>, inbox: Queue) -> Self {
        Self { client, url: url.into(), inbox: Some(inbox) }
    }

    /// The queue at this URL, whose messages can be looked at only.
    pub fn to_look_at(client: Client, url: impl Into<String>) -> Self {
        Self { client, url: url.into(), inbox: None }
    }

    /// The next messages that nobody else has; none if there are no more.
    async fn next(&self) -> Result<Vec<Lent>> {
        let call = self
            .client
            .receive_message()
            .queue_url(&self.url)
            .max_number_of_messages(MAX_RECEIVED)
            .visibility_timeout(LENT)
            .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp);
        let received = call.send().await.map_err(|error| StoreError::of_call(DOING, &error))?;
        Ok(received.messages.unwrap_or_default().into_iter().filter_map(lent).collect())
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

fn lent(message: Message) -> Option<Lent> {
    let sent = message.attributes.as_ref().and_then(|all| all.get(&MessageSystemAttributeName::SentTimestamp));
    let sent_at = Timestamp::from_millis(sent.and_then(|millis| millis.parse().ok()).unwrap_or_default());
    let letter = DeadLetter { id: message.message_id?, text: message.body.unwrap_or_default(), sent_at };
    Some(Lent { letter, receipt: message.receipt_handle? })
}

#[async_trait]
impl DeadLetters for DeadLetterQueue {
    async fn list(&self, limit: usize) -> Result<Vec<DeadLetter>> {
        let (mut letters, mut round) = (Vec::new(), Round::over(self));
        while let Some(lent) = round.next(limit).await? {
            letters.push(lent.letter.clone());
            round.leave(lent);
        }
        round.end().await?;
        Ok(letters)
    }

    fn can_redrive(&self) -> bool {
        self.inbox.is_some()
    }

    async fn redrive(&self, ids: Option<&HashSet<String>>, limit: usize) -> Result<usize> {
        let Some(inbox) = &self.inbox else {
            return Err(StoreError::new(Kind::Rejected, DOING, "its inbox is not known here"));
        };
        let (mut moved, mut round) = (0, Round::over(self));
        while let Some(lent) = round.next(limit).await? {
            if ids.is_some_and(|ids| !ids.contains(&lent.letter.id)) {
                round.leave(lent);
                continue;
            }
            inbox.send(lent.letter.text).await?;
            self.delete(&lent.receipt).await?;
            moved += 1;
        }
        round.end().await?;
        Ok(moved)
    }
}

#[async_trait]
impl Undelivered for DeadLetterQueue {
    async fn keep(&self, text: String) -> Result<()> {
        let call = self.client.send_message().queue_url(&self.url).message_body(text);
        call.send().await.map(drop).map_err(|error| StoreError::of_call("keeping a dead letter", &error))
    }

    async fn lend(&self) -> Result<Vec<Lent>> {
        self.next().await
    }

    async fn remove(&self, lent: &Lent) -> Result<()> {
        self.delete(&lent.receipt).await
    }

    async fn give_back(&self, lent: &Lent) -> Result<()> {
        self.return_one(&lent.receipt).await
    }
}
