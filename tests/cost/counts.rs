//! The counts of a replay, per event. The results of the last full run of the benchmark are in counted.json, because it
//! takes minutes: from them, tests compute the figures of the guide.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::replay::Replayed;

const COUNTED: &str = include_str!("counted.json");

/// Averages per event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Counts {
    /// Requests that the HTTP API charges.
    pub requests: f64,
    /// Invocations of the processor.
    pub batches: f64,
    /// Errors in each batch, summed over all batches.
    pub errors: f64,
    /// Invocations of the function `notify`.
    pub notified: f64,
    /// Requests with which Lambda receives and deletes messages.
    pub polls: f64,
    /// Seconds for which ingest, the processor and notify wait for calls.
    pub waits: [f64; 3],
    pub sends: f64,
    pub puts: f64,
    pub put_bytes: f64,
    pub gets: f64,
    pub kms: f64,
    /// Bytes by which the table grows.
    pub grown: f64,
    pub write_units: f64,
    pub index_units: f64,
    pub read_units: f64,
}

impl Counts {
    pub fn of(replayed: &Replayed) -> Self {
        let counted = &replayed.counted;
        // Six digits, so that a figure is the same after it was written and read.
        let each = |all: f64| (all / replayed.events as f64 * 1e6).round() / 1e6;
        let puts = counted.of("S3", "PutObject");
        let kms: u64 = counted.calls.iter().filter(|(of, _)| of.service == "KMS").map(|(_, calls)| calls.calls).sum();
        let written = counted.written();
        Self {
            requests: each(replayed.requests as f64),
            batches: each(replayed.batches as f64),
            errors: each(replayed.errors as f64),
            notified: each(replayed.notified as f64),
            polls: each(replayed.polls as f64),
            waits: replayed.waits.map(|wait| each(wait.as_secs_f64())),
            sends: each(counted.of("SQS", "SendMessage").charged as f64),
            puts: each(puts.calls as f64),
            put_bytes: each(puts.sent as f64),
            gets: each(counted.of("S3", "GetObject").calls as f64),
            kms: each(kms as f64),
            grown: each(counted.grown.max(0) as f64),
            write_units: each(written.units as f64),
            index_units: each(written.index_units as f64),
            read_units: each(counted.read_units),
        }
    }
}

/// The results of the last full run, by the name of the workload.
pub fn counted() -> BTreeMap<String, Counts> {
    serde_json::from_str(COUNTED).unwrap()
}
