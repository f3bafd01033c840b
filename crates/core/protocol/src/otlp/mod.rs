//! OpenTelemetry's protocol over HTTP (OTLP): logs and traces, as protobuf or JSON. Only what is an error is kept.

mod attributes;
mod batch;
mod identity;
mod normalise;
mod request;
mod schema;
mod select;
#[cfg(test)]
mod tests;
mod wire;

pub use batch::{Batch, Encoding, Signal, StoredBatch, encode_partial, encode_status};
pub use normalise::normalise;
