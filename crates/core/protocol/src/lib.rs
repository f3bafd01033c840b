#![doc = include_str!("../README.md")]

pub mod airbrake;
pub mod bugsnag;
pub mod json_api;
pub mod otlp;
pub mod rollbar;
pub mod sentry;
pub mod stack_text;
mod translate;
