#![doc = include_str!("../README.md")]

pub mod error;
pub mod grouping;
pub mod id;
pub mod inbox;
pub mod json;
pub mod notify;
pub mod occurrence;
pub mod outcome;
pub mod project;
pub mod release;
pub mod scrub;
pub mod segment;
pub mod sentry;
pub mod time;
pub mod timeline;
pub mod v1;
