#![doc = include_str!("../README.md")]

pub mod backup;
pub mod dynamo;
mod engines;
mod error;
pub mod kms;
pub mod s3;
mod shared;
pub mod sqs;

pub use dynamo::Dynamo;
pub use engines::Engines;
pub use error::Error;
pub use kms::Kms;
pub use s3::S3;
pub use shared::clock::{Clock, ManualClock};
pub use shared::directory::replace_file;
pub use shared::{ACCOUNT, REGION};
pub use sqs::Sqs;
