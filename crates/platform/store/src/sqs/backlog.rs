//! The approximate number of messages in a queue.

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::QueueAttributeName::{
    self, ApproximateNumberOfMessages, ApproximateNumberOfMessagesDelayed, ApproximateNumberOfMessagesNotVisible,
};

use super::{DeadLetterQueue, Queue};
use crate::error::{Result, StoreError};
use crate::ports::{Backlog, Waiting};

/// The counts to request: messages that wait, messages in flight, and messages that are delayed.
const COUNTED: [QueueAttributeName; 3] =
    [ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible, ApproximateNumberOfMessagesDelayed];

async fn counted(client: &Client, url: &str) -> Result<Waiting> {
    let doing = "counting the messages of a queue";
    let call = client.get_queue_attributes().queue_url(url);
    let call = COUNTED.into_iter().fold(call, |call, name| call.attribute_names(name));
    let answer = call.send().await.map_err(|error| StoreError::of_call(doing, &error))?;
    let counts = answer.attributes.unwrap_or_default();
    let count = |name| {
        let count = counts.get(&name).and_then(|count| count.parse::<u64>().ok());
        count.ok_or_else(|| StoreError::corrupt(doing, "the answer lacks a count"))
    };
    let [waiting, in_flight, delayed] = COUNTED.map(count);
    Ok(Waiting { waiting: waiting? + delayed?, in_flight: in_flight? })
}

#[async_trait]
impl Backlog for Queue {
    async fn backlog(&self) -> Result<Waiting> {
        counted(&self.client, &self.url).await
    }
}

#[async_trait]
impl Backlog for DeadLetterQueue {
    async fn backlog(&self) -> Result<Waiting> {
        counted(&self.client, &self.url).await
    }
}
