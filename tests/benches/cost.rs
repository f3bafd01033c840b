//! Benchmark of what faultline costs in AWS: calls, capacity and dollars for a million events and for months at a steady
//! rate, measured by replaying workloads on the embedded engines. Run it with `cargo bench -p faultline-tests --bench
//! cost`; it takes a few minutes. It writes tests/cost/counted.json and the tables of the book. Words such as `--
//! different low` select workloads, and then it only prints: `like`, `mixed`, `different`, `new`, `low`, `high`,
//! `steady` and `storm`. `-- mapped` counts only the events with source maps, and writes their figures. `-- tables` counts nothing: it renews the tables after a change of the template or of a price.
//!
//! The prices are in tests/cost/prices.rs and the assumptions in tests/cost/assumed.rs. The figures are counted, not
//! timed, so they are the same on every machine. The story `cost` checks the bounds of a small workload.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and stops if it cannot write")]

use std::collections::BTreeMap;
use std::path::Path;

use faultline_tests::cost::bill::{bill, processor_seconds, total};
use faultline_tests::cost::counts::{Counts, counted};
use faultline_tests::cost::guide::{name_of, parts};
use faultline_tests::cost::idle::idle;
use faultline_tests::cost::month::{RATES, break_even};
use faultline_tests::cost::replay::{Replayed, Workload, replay};
use faultline_tests::cost::storm::{Storm, storm};
use faultline_tests::cost::workload::{Kind, Rate};

fn main() {
    let words: Vec<_> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    if words == ["tables"] {
        return write_tables(&counted());
    }
    let is_wanted = |names: &[String]| words.iter().all(|word| names.contains(word));
    println!("Idle, dollars a month: provisioned, on-demand");
    let month = idle();
    for line in month.iter().chain([&total(&month)]) {
        println!("  {:48} {:8.2} {:8.2}", line.what, line.provisioned, line.on_demand);
    }
    let mut counted = BTreeMap::new();
    for rate in [Rate::High, Rate::Low] {
        for kind in Kind::ALL.into_iter().chain([Kind::Mapped]) {
            if is_wanted(&[format!("{kind:?}").to_lowercase(), format!("{rate:?}").to_lowercase()]) {
                let replayed = replay(Workload::told(kind, rate));
                print(&format!("{kind:?} events at a {rate:?} rate"), &replayed);
                counted.insert(name_of(kind, rate), Counts::of(&replayed));
            }
        }
    }
    if is_wanted(&["steady".to_owned()]) {
        for steady in RATES {
            let replayed = replay(Workload::steady(steady));
            print(steady.what, &replayed);
            let of = Counts::of(&replayed);
            let month = steady.month(&of);
            println!("  $ a month                             {:8.2} {:8.2}", month.provisioned, month.on_demand);
            counted.insert(steady.name.to_owned(), of);
        }
        println!("\nBoth modes cost the same at {:.0} events a month", break_even(&counted[RATES[0].name]));
    }
    if is_wanted(&["storm".to_owned()]) {
        print_storm(&storm(10_000, 4));
    }
    if words == ["mapped"] {
        // Only these were counted; the others stay.
        counted = faultline_tests::cost::counts::counted().into_iter().chain(counted).collect();
    }
    if words.is_empty() || words == ["mapped"] {
        let json = serde_json::to_string_pretty(&counted).unwrap();
        std::fs::write(root().join(COUNTED), json + "\n").unwrap();
        write_tables(&counted);
    }
}

const COUNTED: &str = "tests/cost/counted.json";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Renews the tables of the book.
fn write_tables(counted: &BTreeMap<String, Counts>) {
    for part in parts(counted) {
        let page = root().join(part.page);
        let text = std::fs::read_to_string(&page).unwrap();
        std::fs::write(&page, part.put_into(&text).unwrap_or_else(|| panic!("{} has no {}", part.page, part.name)))
            .unwrap();
    }
}

fn print_storm(storm: &Storm) {
    let Storm { events, seconds, invocations, writes, refused, units, busiest } = storm;
    println!(
        "\nOne error at 10,000 events a second, for {seconds} s: {events} stored, {invocations} invocations of the processor"
    );
    println!(
        "  {writes} writes of its item, {refused} of them refused, {units} units; at most {busiest} units in a second"
    );
}

fn print(what: &str, of: &Replayed) {
    let Replayed { events, batches, bytes, counted, .. } = of;
    let million = |count: f64| count * 1e6 / *events as f64;
    println!("\n{what}: {events} of {} bytes, in batches of {:.1}", bytes / events, *events as f64 / *batches as f64);
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
    let of = Counts::of(of);
    let [waits, computes] = processor_seconds(&of);
    println!(
        "  total {:.4} units written, {:.4} of the GSI, {:.4} read, per event",
        of.write_units, of.index_units, of.read_units
    );
    println!("  table grew by {:.0} bytes per event, segments by {:.0}", of.grown, of.put_bytes);
    println!("  per batch, the processor waits {:.0} ms and computes {:.0} ms", waits * 1e3, computes * 1e3);
    let lines = bill(&of);
    for line in lines.iter().chain([&total(&lines)]).filter(|line| line.on_demand >= 0.000_5) {
        println!("  $ {:35} {:8.3} {:8.3}", line.what, line.provisioned, line.on_demand);
    }
}
