//! The cost of a replayed workload, in dollars per million events.

use super::replay::Replayed;
use super::{assumed, prices, template};

const MILLION: f64 = 1e6;

/// A line of a bill, in dollars per million events.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BillLine {
    pub what: &'static str,
    /// With provisioned capacity, which is the default.
    pub provisioned: f64,
    /// With on-demand capacity.
    pub on_demand: f64,
}

impl BillLine {
    fn same(what: &'static str, dollars: f64) -> Self {
        Self { what, provisioned: dollars, on_demand: dollars }
    }

    fn writes(what: &'static str, units: f64) -> Self {
        Self { what, provisioned: units * provisioned(prices::WRITE_HOUR), on_demand: units * prices::WRITE / MILLION }
    }

    fn reads(what: &'static str, units: f64) -> Self {
        Self { what, provisioned: units * provisioned(prices::READ_HOUR), on_demand: units * prices::READ / MILLION }
    }
}

/// The cost of one unit that is provisioned by the hour and not fully used.
fn provisioned(hour: f64) -> f64 {
    hour / 3_600.0 / assumed::USED
}

/// The cost of a function's invocations. Each waits for `waits` seconds and takes `cpu` seconds of a full vCPU, which
/// take longer with less memory.
fn invocations(function: &str, count: f64, waits: f64, cpu: f64) -> [f64; 2] {
    let memory = template::memory(function);
    let seconds = waits + cpu * (assumed::WHOLE_CPU / memory).max(1.0);
    // Each started millisecond is charged.
    let charged = (seconds * 1_000.0).ceil() / 1_000.0;
    [count * prices::LAMBDA / MILLION, count * charged * memory / 1_024.0 * prices::LAMBDA_GB_SECOND]
}

/// Duration of an invocation of the processor, in seconds: waiting, and computing with the CPU share of its memory.
pub fn processor_seconds(of: &Replayed) -> [f64; 2] {
    let batches = of.batches as f64;
    [
        of.waits[1].as_secs_f64() / batches,
        processor_cpu(of) * assumed::WHOLE_CPU / template::memory("ProcessorFunction"),
    ]
}

fn processor_cpu(of: &Replayed) -> f64 {
    let (events, errors) = (of.events as f64, of.errors as f64);
    assumed::INVOCATION_CPU + (events * assumed::DIGEST_CPU + errors * assumed::DIGEST_ERROR_CPU) / of.batches as f64
}

/// Returns the bill of a workload.
pub fn bill(of: &Replayed) -> Vec<BillLine> {
    let events = of.events as f64;
    let [ingest, processor, notify] = of.waits.map(|wait| wait.as_secs_f64());
    let each = |waits: f64, count: u64| if count == 0 { 0.0 } else { waits / count as f64 };
    let ingests = invocations("IngestFunction", events, each(ingest, of.events), assumed::INGEST_CPU);
    let error_commits =
        invocations("ProcessorFunction", of.batches as f64, each(processor, of.batches), processor_cpu(of));
    let notified = of.notified as f64;
    let notifies = invocations("NotifyFunction", notified, each(notify, of.notified), assumed::INVOCATION_CPU);
    let (counted, written) = (&of.counted, of.counted.written());
    let puts = counted.of("S3", "PutObject");
    let s3 = puts.calls as f64 * prices::S3_PUT + counted.of("S3", "GetObject").calls as f64 * prices::S3_GET;
    let sends = counted.of("SQS", "SendMessage").charged as f64;
    let kms: u64 = counted.calls.iter().filter(|(of, _)| of.service == "KMS").map(|(_, calls)| calls.calls).sum();
    let grown = counted.grown.max(0) as f64 / prices::GB;
    let lines = [
        BillLine::same("HTTP API", of.requests as f64 * prices::HTTP_API / MILLION),
        BillLine::same("ingest, requests", ingests[0]),
        BillLine::same("ingest, seconds", ingests[1]),
        BillLine::same("inbox, sends", sends * prices::SQS / MILLION),
        BillLine::same("inbox, receives and deletes", of.polls as f64 * prices::SQS / MILLION),
        BillLine::same("the processor, requests", error_commits[0]),
        BillLine::same("the processor, seconds", error_commits[1]),
        BillLine::same("segments, writes", s3 / MILLION),
        BillLine::same("segments, first month", puts.sent as f64 / prices::GB * prices::S3_GB),
        BillLine::writes("table, writes", written.units as f64),
        BillLine::writes("table, GSI writes", written.index_units as f64),
        BillLine::reads("table, reads", counted.read_units),
        BillLine::same("table, first month and backups", grown * (prices::TABLE_GB + prices::BACKUP_GB)),
        BillLine::same("stream, read by Lambda", prices::STREAM_BY_LAMBDA),
        BillLine::same("notify, requests", notifies[0]),
        BillLine::same("notify, seconds", notifies[1]),
        BillLine::same("KMS", kms as f64 * prices::KMS / MILLION),
        // The functions log from WARN on, so they log nothing while all is well.
        BillLine::same("logs", 0.0),
    ];
    let scale = MILLION / events;
    let for_a_million = |line: BillLine| BillLine {
        what: line.what,
        provisioned: line.provisioned * scale,
        on_demand: line.on_demand * scale,
    };
    lines.map(for_a_million).to_vec()
}

/// The sum of all lines.
pub fn total(lines: &[BillLine]) -> BillLine {
    let sum = |of: fn(&BillLine) -> f64| lines.iter().map(of).sum();
    BillLine { what: "together", provisioned: sum(|line| line.provisioned), on_demand: sum(|line| line.on_demand) }
}
