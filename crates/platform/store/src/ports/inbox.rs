use async_trait::async_trait;

use crate::error::Result;

/// The queue of accepted requests that the processor has not processed yet.
#[async_trait]
pub trait Inbox: Send + Sync {
    /// Puts a message into the queue. When this returns, the message is durable. `text` may have at most
    /// [`MESSAGE_LIMIT`] bytes.
    async fn send(&self, text: String) -> Result<()>;
}

/// The length of a queue.
#[async_trait]
pub trait Backlog: Send + Sync {
    /// Returns the approximate number of messages: SQS does not count exactly. No message is received to count it.
    async fn backlog(&self) -> Result<Waiting>;
}

/// Numbers of messages in a queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Messages that nobody has received yet, or that wait for another attempt.
    pub waiting: u64,
    /// Messages that a consumer is working on.
    pub in_flight: u64,
}

/// The largest text of a queue message, in bytes. SQS accepts 1 MiB but bills every 64 KiB: above this size a claim
/// check (one S3 request and one chunk) costs less.
pub const MESSAGE_LIMIT: usize = 256 << 10;
