#![doc = include_str!("../README.md")]

pub mod aws;
pub mod clock;
pub mod dynamo;
mod error;
#[cfg(feature = "faults")]
pub mod faults;
pub mod kms;
pub mod ports;
mod recent;
pub mod s3;
pub mod sqs;
mod stores;

pub use error::{Kind, Result, StoreError};
pub use recent::{Recent, Since};
pub use stores::Stores;
