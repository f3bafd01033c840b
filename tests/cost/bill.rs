//! The cost of a replayed workload, in dollars per million events.

use super::counts::Counts;
use super::{assumed, prices, template};

const MILLION: f64 = 1e6;

/// A line of a bill, in dollars.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BillLine {
    pub what: &'static str,
    /// With provisioned capacity, which is the default.
    pub provisioned: f64,
    /// With on-demand capacity.
    pub on_demand: f64,
}

/// The lines for capacity of the table.
pub const CAPACITY: [&str; 3] = ["table, writes", "table, GSI writes", "table, reads"];

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

    pub fn is_capacity(&self) -> bool {
        CAPACITY.contains(&self.what)
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
pub fn processor_seconds(of: &Counts) -> [f64; 2] {
    let memory = template::memory("ProcessorFunction");
    [of.waits[1] / of.batches, processor_cpu(of) * assumed::WHOLE_CPU / memory]
}

fn processor_cpu(of: &Counts) -> f64 {
    assumed::INVOCATION_CPU + (assumed::DIGEST_CPU + of.errors * assumed::DIGEST_ERROR_CPU) / of.batches
}

/// Returns the bill for a million events of a workload.
pub fn bill(of: &Counts) -> Vec<BillLine> {
    let [ingest, processor, notify] = of.waits;
    let each = |waits: f64, count: f64| if count == 0.0 { 0.0 } else { waits / count };
    let ingests = invocations("IngestFunction", 1.0, ingest, assumed::INGEST_CPU);
    let commits = invocations("ProcessorFunction", of.batches, each(processor, of.batches), processor_cpu(of));
    let notifies = invocations("NotifyFunction", of.notified, each(notify, of.notified), assumed::INVOCATION_CPU);
    let s3 = of.puts * prices::S3_PUT + of.gets * prices::S3_GET;
    let grown = of.grown / prices::GB;
    let lines = [
        BillLine::same("HTTP API", of.requests * prices::HTTP_API / MILLION),
        BillLine::same("ingest, requests", ingests[0]),
        BillLine::same("ingest, seconds", ingests[1]),
        BillLine::same("inbox, sends", of.sends * prices::SQS / MILLION),
        BillLine::same("inbox, receives and deletes", of.polls * prices::SQS / MILLION),
        BillLine::same("the processor, requests", commits[0]),
        BillLine::same("the processor, seconds", commits[1]),
        BillLine::same("segments, writes", s3 / MILLION),
        BillLine::same("segments, first month", of.put_bytes / prices::GB * prices::S3_GB),
        BillLine::writes("table, writes", of.write_units),
        BillLine::writes("table, GSI writes", of.index_units),
        BillLine::reads("table, reads", of.read_units),
        BillLine::same("table, first month and backups", grown * (prices::TABLE_GB + prices::BACKUP_GB)),
        BillLine::same("stream, read by Lambda", prices::STREAM_BY_LAMBDA),
        BillLine::same("notify, requests", notifies[0]),
        BillLine::same("notify, seconds", notifies[1]),
        BillLine::same("KMS", of.kms * prices::KMS / MILLION),
        // The functions log from WARN on, so they log nothing while all is well.
        BillLine::same("logs", 0.0),
    ];
    let for_a_million = |line: BillLine| BillLine {
        what: line.what,
        provisioned: line.provisioned * MILLION,
        on_demand: line.on_demand * MILLION,
    };
    lines.map(for_a_million).to_vec()
}

/// The sum of all lines.
pub fn total<'a>(lines: impl IntoIterator<Item = &'a BillLine>) -> BillLine {
    let start = BillLine { what: "together", provisioned: 0.0, on_demand: 0.0 };
    lines.into_iter().fold(start, |sum, line| BillLine {
        provisioned: sum.provisioned + line.provisioned,
        on_demand: sum.on_demand + line.on_demand,
        ..sum
    })
}
