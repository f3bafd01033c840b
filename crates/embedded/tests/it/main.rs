//! The engines through the real SDK clients.

mod clients;
mod dynamo;
mod engines;
mod kms;
mod s3;
mod sqs;
mod sqs_source;
