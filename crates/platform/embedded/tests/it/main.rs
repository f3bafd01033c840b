//! The engines through the real SDK clients.
#![expect(clippy::unwrap_used, reason = "clippy knows the tests, but not their helpers, for tests")]

mod clients;
mod dynamo;
mod engines;
mod kms;
mod s3;
mod sqs;
mod sqs_source;
