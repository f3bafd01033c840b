//! Tests of the engines through the real SDK clients.
#![expect(clippy::unwrap_used, reason = "clippy does not recognise the helpers of tests as tests")]

mod clients;
mod dynamo;
mod dynamo_reference;
mod engines;
mod kms;
mod s3;
mod sqs;
mod sqs_source;
