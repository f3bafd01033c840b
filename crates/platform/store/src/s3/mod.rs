//! The S3 bucket: segments, attachments, messages that are too large for the queue, and source maps.

mod attachments;
mod claim_checks;
mod segments;
mod symbol_files;

use aws_sdk_s3::Client;

/// The bucket, used through an SDK client.
#[derive(Clone, Debug)]
pub struct Bucket {
    client: Client,
    name: String,
}

impl Bucket {
    pub fn new(client: Client, name: impl Into<String>) -> Self {
        Self { client, name: name.into() }
    }
}
