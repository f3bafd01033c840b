//! Benchmark of what faultline costs in AWS: calls, capacity and dollars for a million events, measured by replaying
//! workloads on the embedded engines. Run it with `cargo bench -p faultline-tests --bench cost`; it takes a few
//! minutes. Words such as `-- different low` select workloads: `like`, `mixed`, `different`, `new`, `low`, `high` and
//! `storm`.
//!
//! The prices are in tests/cost/prices.rs and the assumptions in tests/cost/assumed.rs. The figures are counted, not
//! timed, so they are the same on every machine. The story `cost` checks the bounds of a small workload.

#![expect(clippy::print_stdout, reason = "a benchmark prints")]

use faultline_tests::cost::bill::{bill, processor_seconds, total};
use faultline_tests::cost::idle::idle;
use faultline_tests::cost::replay::{Replayed, Workload, replay};
use faultline_tests::cost::storm::{Storm, storm};
use faultline_tests::cost::workload::{Kind, Rate};

fn main() {
    let words: Vec<_> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let is_wanted = |names: [String; 2]| words.iter().all(|word| names.contains(word));
    println!("Idle, dollars a month: provisioned, on-demand");
    let month = idle();
    for line in month.iter().chain([&total(&month)]) {
        println!("  {:48} {:8.2} {:8.2}", line.what, line.provisioned, line.on_demand);
    }
    for rate in [Rate::High, Rate::Low] {
        for kind in Kind::ALL {
            if is_wanted([format!("{kind:?}").to_lowercase(), format!("{rate:?}").to_lowercase()]) {
                print(kind, rate, &replay(Workload::told(kind, rate)));
            }
        }
    }
    if !is_wanted(["storm".to_owned(), String::new()]) {
        return;
    }
    let Storm { events, seconds, invocations, writes, refused, units, busiest } = storm(10_000, 4);
    println!(
        "\nOne error at 10,000 events a second, for {seconds} s: {events} stored, {invocations} invocations of the processor"
    );
    println!(
        "  {writes} writes of its item, {refused} of them refused, {units} units; at most {busiest} units in a second"
    );
}

fn print(kind: Kind, rate: Rate, of: &Replayed) {
    let Replayed { events, batches, bytes, counted, .. } = of;
    let million = |count: f64| count * 1e6 / *events as f64;
    println!(
        "\n{kind:?} events at a {rate:?} rate: {events} of {} bytes, in batches of {}",
        bytes / events,
        events / batches
    );
    for (operation, calls) in &counted.calls {
        let (calls, sent, answered) = (calls.calls as f64, calls.sent as f64, calls.answered as f64);
        println!(
            "  {:8} {:20} {:12.0} calls, {:10.1} MB sent, {:10.1} MB received, per million events",
            operation.service,
            operation.name,
            million(calls),
            million(sent) / 1e6,
            million(answered) / 1e6
        );
    }
    for (what, written) in &counted.writes {
        let (items, units, index) = (written.items as f64, written.units as f64, written.index_units as f64);
        println!(
            "  {what:15} {:8.4} items, {:8.4} units, {:8.4} of the GSI, per event; {} refused",
            items / *events as f64,
            units / *events as f64,
            index / *events as f64,
            written.refused
        );
    }
    let (all, [waits, computes]) = (counted.written(), processor_seconds(of));
    println!(
        "  total {:.4} units written, {:.4} of the GSI, {:.4} read, per event",
        all.units as f64 / *events as f64,
        all.index_units as f64 / *events as f64,
        counted.read_units / *events as f64
    );
    println!(
        "  table grew by {:.0} bytes per event, segments by {:.0}",
        counted.grown as f64 / *events as f64,
        counted.of("S3", "PutObject").sent as f64 / *events as f64
    );
    println!("  per batch, the processor waits {:.0} ms and computes {:.0} ms", waits * 1e3, computes * 1e3);
    let lines = bill(of);
    for line in lines.iter().chain([&total(&lines)]).filter(|line| line.on_demand >= 0.000_5) {
        println!("  $ {:35} {:8.3} {:8.3}", line.what, line.provisioned, line.on_demand);
    }
}
