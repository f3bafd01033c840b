#![doc = include_str!("../README.md")]

pub mod error;
pub mod id;
pub mod inbox;
pub mod json;
pub mod occurrence;
pub mod outcome;
pub mod segment;
pub mod time;
pub mod timeline;
pub mod v1;
