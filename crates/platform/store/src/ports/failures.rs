use std::collections::HashMap;

use async_trait::async_trait;
use model::time::Timestamp;

use crate::error::Result;

/// Why messages could not be processed. SQS itself does not store a reason with a dead letter.
#[async_trait]
pub trait Failures: Send + Sync {
    /// Records why the message with this id failed, replacing an earlier record. The record expires after `expires_at`.
    async fn note_failure(&self, message: &str, noted: &Noted, expires_at: Timestamp) -> Result<()>;

    /// Returns the recorded failure for each of these messages that has one.
    async fn failures(&self, messages: &[String]) -> Result<HashMap<String, Noted>>;
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noted {
    /// The reason in words, without any content of the message.
    pub reason: String,
    /// When the message last failed.
    pub at: Timestamp,
}
