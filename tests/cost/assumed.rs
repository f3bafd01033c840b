//! What is assumed, since the engines are not AWS: how long calls and processors take there.

use std::time::Duration;

use crate::meter::Operation;

/// How long a call takes within a region, some 90 of 100 of them: from what people measure of each service.
pub fn wait(operation: &Operation) -> Duration {
    let millis = match (operation.service, operation.name.as_str()) {
        ("S3", "PutObject") => 40,
        ("S3", _) => 25,
        ("SQS", _) => 10,
        ("KMS", _) => 10,
        ("DynamoDB", "TransactWriteItems") => 20,
        ("DynamoDB", "BatchWriteItem" | "BatchGetItem") => 10,
        ("DynamoDB", _) => 5,
        // Lambda reads the stream by itself.
        _ => 0,
    };
    Duration::from_millis(millis)
}

/// CPU of ingest for a request, in seconds of a whole processor; measured of warm events by
/// `cargo bench -p faultline-lambda --bench startup`.
pub const INGEST_CPU: f64 = 0.000_4;
/// CPU of the processor for an event, measured by `cargo bench -p faultline`, the engines included.
pub const DIGEST_CPU: f64 = 0.000_071;
/// CPU of the processor for what each error of a batch takes besides: its transaction, in JSON, signed, to the engines.
pub const DIGEST_ERROR_CPU: f64 = 0.000_2;
/// CPU of an invocation of the processor or notify that has nothing to do; measured as a warm event by the same.
pub const INVOCATION_CPU: f64 = 0.000_5;
/// The memory at which Lambda gives a function a whole processor, in MB. With less memory it gets as much less.
pub const WHOLE_CPU: f64 = 1_769.0;

/// What a message takes in the payload of an invocation besides its body: ids, receipt and attributes, in bytes.
pub const RECORD: u64 = 1_000;
/// The most bytes of a payload: Lambda's limit.
pub const PAYLOAD: u64 = 6 << 20;
/// How many messages Lambda's poller takes, or deletes, with one request.
pub const POLLED: u64 = 10;
/// How often Lambda's pollers ask an empty queue in a month: five of them, each waiting 20 s.
pub const IDLE_POLLS: f64 = 5.0 * 30.4 * 86_400.0 / 20.0;
/// How much of provisioned capacity is used, on average.
pub const USED: f64 = 0.7;
