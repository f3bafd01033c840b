//! The report of a benchmark, as text for people or as JSON for programs.

use std::collections::BTreeMap;
use std::time::Duration;

use ::bench::{Likeness, Outcome};
use anyhow::bail;
use serde::Serialize;

use super::server::StoredBytes;
use super::{Bench, name_of};
use cli::text::{counted, harmless};

/// The results of a load. Figures that could not be measured are absent.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    load: LoadOf,
    accepted: u64,
    accepted_per_second: f64,
    /// Number of refused requests, by HTTP status.
    refused: BTreeMap<u16, u64>,
    /// Number of failed requests, by the text of the failure.
    failed: BTreeMap<String, u64>,
    answered_in: AnsweredIn,
    #[serde(skip_serializing_if = "Option::is_none")]
    stored: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stored_per_second: Option<f64>,
    /// Accepted events per second of the time until the server was idle again. For a server that can only be measured
    /// from outside, this replaces the rate of stored events.
    #[serde(skip_serializing_if = "Option::is_none")]
    worked_off_per_second: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cpu_micros_per_event: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    peak_memory_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    segment_bytes_per_event: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file_bytes_per_event: Option<f64>,
}

/// The load that was sent.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LoadOf {
    workload: String,
    form: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<u32>,
    bytes: u32,
    connections: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    rate: Option<u32>,
}

/// Percentiles of the latency, in milliseconds.
#[derive(Serialize)]
struct AnsweredIn {
    p50: f64,
    p99: f64,
    p999: f64,
}

/// CPU time and memory that the server's processes used.
pub(super) struct Used {
    pub(super) cpu: Duration,
    /// Peak memory in bytes; `None` if it is not known.
    pub(super) memory: Option<u64>,
}

/// The events that the server stored.
pub(super) struct Stored {
    pub(super) events: u64,
    /// Time from the first request until all events were stored.
    pub(super) took: Duration,
    pub(super) kept: StoredBytes,
}

impl Report {
    pub(super) fn new(options: &Bench, outcome: Outcome) -> Self {
        let Outcome { accepted, refused, failed, took, latencies } = outcome;
        let millis = |of_a_thousand| latencies.within(of_a_thousand).unwrap_or_default().as_secs_f64() * 1_000.0;
        Self {
            load: LoadOf {
                workload: name_of(options.workload),
                form: name_of(options.form),
                errors: (options.workload != Likeness::Different).then_some(options.errors),
                bytes: options.bytes,
                connections: options.connections(),
                rate: options.rate,
            },
            accepted,
            accepted_per_second: accepted as f64 / took.as_secs_f64(),
            refused,
            failed,
            answered_in: AnsweredIn { p50: millis(500), p99: millis(990), p999: millis(999) },
            stored: None,
            stored_per_second: None,
            worked_off_per_second: None,
            cpu_micros_per_event: None,
            peak_memory_bytes: None,
            segment_bytes_per_event: None,
            file_bytes_per_event: None,
        }
    }

    pub(super) fn stored(&mut self, Stored { events, took, kept }: Stored) {
        let per_event = |bytes: u64| bytes as f64 / events.max(1) as f64;
        self.stored = Some(events);
        self.stored_per_second = Some(events as f64 / took.as_secs_f64());
        self.segment_bytes_per_event = Some(per_event(kept.segments));
        self.file_bytes_per_event = Some(per_event(kept.files));
    }

    /// Adds the time until the server was idle again; `None` if it did not become idle.
    pub(super) fn idle(&mut self, after: Option<Duration>) {
        self.worked_off_per_second = after.map(|after| self.accepted as f64 / after.as_secs_f64());
    }

    pub(super) fn used(&mut self, Used { cpu, memory }: Used) {
        self.cpu_micros_per_event = Some(cpu.as_micros() as f64 / self.accepted.max(1) as f64);
        self.peak_memory_bytes = memory;
    }

    /// Fails if nothing was accepted, or if accepted events are missing.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        match self.stored {
            _ if self.accepted == 0 => bail!("nothing was accepted: is the DSN right, and is its server running?"),
            Some(stored) if stored != self.accepted => {
                bail!("{} accepted, but {stored} stored", counted(self.accepted, "event"))
            }
            _ => Ok(()),
        }
    }

    /// Formats the report for people.
    pub(super) fn text(&self) -> String {
        let LoadOf { workload, form, errors, bytes, connections, rate } = &self.load;
        let of = errors.map(|errors| format!(" of {}", counted(errors as u64, "error"))).unwrap_or_default();
        let pace = rate.map(|rate| format!("{rate} per second, ")).unwrap_or_default();
        let connections = counted(*connections as u64, "connection");
        let mut text = format!("{workload} events{of}, {bytes} bytes, form {form}, {pace}{connections}\n");
        let mut line = |name: &str, value: String| text.extend(["\n", &format!("{name:<14}"), &value]);
        line("accepted", format!("{:.0}/s ({})", self.accepted_per_second, counted(self.accepted, "event")));
        for (status, count) in &self.refused {
            line("refused", format!("{count} by status {status}"));
        }
        for (reason, count) in &self.failed {
            line("failed", format!("{count}: {}", harmless(reason)));
        }
        let AnsweredIn { p50, p99, p999 } = self.answered_in;
        line("latency", format!("{p50:.1} ms (p50), {p99:.1} ms (p99), {p999:.1} ms (p99.9)"));
        if let Some(rate) = self.stored_per_second {
            line("stored", format!("{rate:.0}/s ({})", counted(self.stored.unwrap_or_default(), "event")));
        }
        if let Some(rate) = self.worked_off_per_second {
            line("processed", format!("{rate:.0}/s, until the server was idle"));
        }
        if let Some(micros) = self.cpu_micros_per_event {
            line("CPU", format!("{micros:.0} µs per event"));
        }
        if let Some(bytes) = self.peak_memory_bytes {
            line("memory", format!("{} MB peak", bytes / 1_000_000));
        }
        if let Some((segments, files)) = self.segment_bytes_per_event.zip(self.file_bytes_per_event) {
            line("kept", format!("{segments:.0} bytes per event in segments; {files:.0} in all files"));
        }
        text
    }
}
