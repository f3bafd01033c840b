use async_trait::async_trait;

use crate::error::Result;

/// The queue of accepted requests.
#[async_trait]
pub trait Inbox: Send + Sync {
    /// Puts a message into the queue; when this returns it is durable. `text` is at most [`MESSAGE_LIMIT`] bytes.
    async fn send(&self, text: String) -> Result<()>;
}

/// What a queue has.
#[async_trait]
pub trait Backlog: Send + Sync {
    /// About how many messages there are: a queue does not count exactly. None is lent out to be counted.
    async fn backlog(&self) -> Result<Waiting>;
}

/// Messages of a queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Those that nobody has taken yet, or that wait for another try.
    pub waiting: u64,
    /// Those that are being worked on.
    pub in_flight: u64,
}

/// The largest text of a queue message, in bytes. SQS takes 1 MiB, but bills every 64 KiB: above this size a claim
/// check (one S3 request and one chunk) costs less.
pub const MESSAGE_LIMIT: usize = 256 << 10;
