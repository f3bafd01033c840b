//! The one bucket: segments, and messages that are too large for the queue.

mod claim_checks;
mod segments;

use aws_sdk_s3::Client;

/// The bucket, by an SDK client.
#[derive(Clone, Debug)]
pub struct Bucket {
    client: Client,
    name: String,
}

impl Bucket {
    /// The bucket of this name.
    pub fn new(client: Client, name: impl Into<String>) -> Self {
        Self { client, name: name.into() }
    }
}
