//! Assumptions about AWS that the engines cannot show: how long calls and CPU work take there.

use std::time::Duration;

use crate::meter::Operation;

/// How long a call takes within a region, at about the 90th percentile, from published measurements of each service.
pub fn wait(operation: &Operation) -> Duration {
    let millis = match (operation.service, operation.name.as_str()) {
        ("S3", "PutObject") => 40,
        ("S3", _) => 25,
        ("SQS", _) => 10,
        ("KMS", _) => 10,
        ("DynamoDB", "TransactWriteItems") => 20,
        ("DynamoDB", "BatchWriteItem" | "BatchGetItem") => 10,
        ("DynamoDB", _) => 5,
        // Lambda reads the stream itself.
        _ => 0,
    };
    Duration::from_millis(millis)
}

/// CPU time of ingest per request, in seconds of one full vCPU. Measured with warm events by `cargo bench -p
/// faultline-lambda --bench startup`.
pub const INGEST_CPU: f64 = 0.000_4;
/// CPU seconds of the processor per event, engines included. Measured by `cargo bench -p faultline`.
pub const DIGEST_CPU: f64 = 0.000_071;
/// Additional CPU seconds of the processor per error in a batch: its transaction is written as JSON, signed, and sent
/// to the engines.
pub const DIGEST_ERROR_CPU: f64 = 0.000_2;
/// CPU seconds of an invocation of the processor or notify with nothing to do. Measured as a warm event by the same
/// benchmark.
pub const INVOCATION_CPU: f64 = 0.000_5;
/// The memory in MB at which Lambda gives a function one full vCPU. Less memory gives proportionally less CPU.
pub const WHOLE_CPU: f64 = 1_769.0;

/// Bytes that a message takes in an invocation's payload in addition to its body: ids, receipt handle and attributes.
pub const RECORD: u64 = 1_000;
/// Maximum number of bytes of a payload: Lambda's limit.
pub const PAYLOAD: u64 = 6 << 20;
/// Number of messages that Lambda's poller receives or deletes with one request.
pub const POLLED: u64 = 10;
/// Number of pollers of Lambda at the beginning. With a maximum concurrency, there are never fewer.
pub const POLLERS: usize = 5;
/// Number of requests that Lambda's pollers send to an empty queue in a month, each waiting 20 s.
pub const IDLE_POLLS: f64 = POLLERS as f64 * 30.4 * 86_400.0 / 20.0;
/// Average utilisation of provisioned capacity.
pub const USED: f64 = 0.7;
