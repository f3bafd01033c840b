#![doc = include_str!("../README.md")]

pub mod json_api;
pub mod sentry;
