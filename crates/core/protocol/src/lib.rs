#![doc = include_str!("../README.md")]

pub mod airbrake;
pub mod bugsnag;
pub mod json_api;
pub mod rollbar;
pub mod sentry;
mod translate;
