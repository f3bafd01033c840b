use std::collections::HashMap;

use async_trait::async_trait;
use model::time::Timestamp;

use crate::error::Result;

/// Why messages could not be processed: a queue does not say it of its dead letters.
#[async_trait]
pub trait Failures: Send + Sync {
    /// Notes why the message of this id in the queue failed, in place of what was noted of it before, to be forgotten
    /// after `expires_at`.
    async fn note_failure(&self, message: &str, noted: &Noted, expires_at: Timestamp) -> Result<()>;

    /// What is noted of those of these messages of which anything is.
    async fn failures(&self, messages: &[String]) -> Result<HashMap<String, Noted>>;
}

/// Why a message failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noted {
    /// In words, without anything that the message holds.
    pub reason: String,
    /// When, the last time.
    pub at: Timestamp,
}
