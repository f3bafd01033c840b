//! The tables of the guide that have figures of cost. `cargo bench -p faultline-tests --bench cost` writes them, and a
//! test compares them.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::bill::{BillLine, bill, total};
use super::counts::Counts;
use super::idle::{beyond_free_tiers, idle};
use super::month::RATES;
use super::workload::{Kind, Rate};
use super::{prices, template};

/// A generated part of a page.
#[derive(Clone, Debug)]
pub struct Part {
    /// The page, from the root of the repository.
    pub page: &'static str,
    /// The name of the part in its markers.
    pub name: &'static str,
    pub text: String,
}

impl Part {
    fn markers(&self) -> [String; 2] {
        [format!("<!-- tests/cost writes this: {} -->\n", self.name), format!("<!-- end of {} -->\n", self.name)]
    }

    /// The text between the markers in a page.
    pub fn find_in<'a>(&self, page: &'a str) -> Option<&'a str> {
        let [begin, end] = self.markers();
        page.split_once(&begin)?.1.split_once(&end).map(|(found, _)| found)
    }

    /// The page with this text between the markers.
    pub fn put_into(&self, page: &str) -> Option<String> {
        let found = self.find_in(page)?;
        let [begin, end] = self.markers();
        Some(page.replacen(&format!("{begin}{found}{end}"), &format!("{begin}{}{end}", self.text), 1))
    }
}

const COST: &str = "docs/src/operate/cost.md";
const PERFORMANCE: &str = "docs/src/internals/performance.md";

/// Returns the name of a workload in counted.json.
pub fn name_of(kind: Kind, rate: Rate) -> String {
    format!("{kind:?} {rate:?}").to_lowercase()
}

/// Returns all generated parts.
pub fn parts(counted: &BTreeMap<String, Counts>) -> Vec<Part> {
    let part = |page, name, text| Part { page, name, text };
    vec![
        part(COST, "idle", idle_table()),
        part(COST, "months", months(counted)),
        part(COST, "millions", millions(counted)),
        part(COST, "mapped", mapped(counted)),
        part(COST, "ceilings", ceilings(counted)),
        part(PERFORMANCE, "lines", lines(counted)),
    ]
}

fn row(text: &mut String, cells: &[String]) {
    let _ = writeln!(text, "| {} |", cells.join(" | "));
}

fn table(head: &[&str]) -> String {
    format!("| {} |\n|{}\n", head.join(" | "), "---|".repeat(head.len()))
}

fn money(dollars: f64) -> String {
    if dollars < 100.0 { format!("${dollars:.2}") } else { format!("${}", grouped(dollars)) }
}

/// A number with commas between thousands.
fn grouped(number: f64) -> String {
    let digits = format!("{:.0}", number);
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn idle_table() -> String {
    let mut text = table(&["idle, a month", "provisioned (default)", "on-demand"]);
    let month = idle();
    for line in month.iter().filter(|line| line.provisioned.max(line.on_demand) >= 0.005) {
        row(&mut text, &[line.what.to_owned(), money(line.provisioned), money(line.on_demand)]);
    }
    let bold = |dollars: f64| format!("**{}**", money(dollars));
    let all = total(&month);
    row(&mut text, &["**together**".to_owned(), bold(all.provisioned), bold(all.on_demand)]);
    let free = beyond_free_tiers();
    let what = "in an account that uses its always-free tiers for nothing else".to_owned();
    row(&mut text, &[what, money(free.provisioned), money(free.on_demand)]);
    text
}

fn months(counted: &BTreeMap<String, Counts>) -> String {
    let head = [
        "events of 100 errors",
        "events a month",
        "provisioned, a month",
        "on-demand, a month",
        "on-demand, a million",
    ];
    let mut text = table(&head);
    for rate in RATES {
        let of = &counted[rate.name];
        let month = rate.month(of);
        let million = total(&bill(of)).on_demand;
        let events = match rate.events() {
            events if events < 1e6 => format!("{:.0},000", (events / 1e3)),
            events => format!("{} million", grouped(events / 1e6)),
        };
        let all = [rate.what.to_owned(), events, money(month.provisioned), money(month.on_demand), money(million)];
        row(&mut text, &all);
    }
    text
}

fn millions(counted: &BTreeMap<String, Counts>) -> String {
    let head = [
        "dollars a million events",
        "all of one error",
        "of 100 errors",
        "each in a batch of another error",
        "each of a new error",
    ];
    let mut text = table(&head);
    let cells = |rate: Rate, cell: fn(BillLine) -> String| {
        Kind::ALL.map(|kind| cell(total(&bill(&counted[&name_of(kind, rate)]))))
    };
    let mut add = |what: &str, cells: [String; 4]| row(&mut text, &[&[what.to_owned()][..], &cells].concat());
    add("at a high rate, provisioned", cells(Rate::High, |all| format!("{:.2}", all.provisioned)));
    add("at a high rate, on-demand", cells(Rate::High, |all| format!("{:.2}", all.on_demand)));
    add("each event alone, on-demand", cells(Rate::Low, |all| format!("{:.2}", all.on_demand)));
    text
}

/// Events of 100 errors of a minified script, next to those that need no source map.
fn mapped(counted: &BTreeMap<String, Counts>) -> String {
    let mut text = table(&["dollars a million events of 100 errors", "without source maps", "with source maps"]);
    let kinds = [Kind::Mixed, Kind::Mapped];
    let cells = |rate: Rate, cell: fn(BillLine) -> f64| {
        kinds.map(|kind| format!("{:.2}", cell(total(&bill(&counted[&name_of(kind, rate)])))))
    };
    let mut add = |what: &str, cells: [String; 2]| row(&mut text, &[&[what.to_owned()][..], &cells].concat());
    add("at a high rate, provisioned", cells(Rate::High, |all| all.provisioned));
    add("at a high rate, on-demand", cells(Rate::High, |all| all.on_demand));
    add("each event alone, on-demand", cells(Rate::Low, |all| all.on_demand));
    text
}

fn ceilings(counted: &BTreeMap<String, Counts>) -> String {
    let default = |name| template::number(name, "Default") as f64;
    let (table_units, units, requests) =
        (default("TableMaximum"), default("OnDemandMaximum"), default("RequestsPerSecond"));
    // Reads and writes, of the table and of its index.
    let provisioned = 2.0 * table_units * (prices::WRITE_HOUR + prices::READ_HOUR) * prices::HOURS;
    let [writes, reads] = [prices::WRITE, prices::READ].map(|price| 2.0 * units * 3_600.0 / 1e6 * price);
    let api = requests * 3_600.0 / 1e6 * prices::HTTP_API;
    let mut text = table(&["limit", "of"]);
    let mut add = |name: &str, text_of: String| row(&mut text, &[format!("`{name}`"), text_of]);
    add(
        "TableMaximum",
        format!(
            "provisioned: {} units each for reads and writes of the table, and as many of its GSI. At most {} a month while all of them are in use",
            grouped(table_units),
            money(provisioned)
        ),
    );
    add(
        "OnDemandMaximum",
        format!(
            "on-demand: {} units a second each for reads and writes of the table, and as many of its GSI. At most {} an hour of writes, and {} of reads",
            grouped(units),
            money(writes),
            money(reads)
        ),
    );
    add(
        "RequestsPerSecond",
        format!("{} requests a second. At most {} an hour for the HTTP API", grouped(requests), money(api)),
    );
    let events = default("ProjectEventsPerMonth");
    let of = |kind| total(&bill(&counted[&name_of(kind, Rate::High)]));
    let cost = |dollars: f64| format!("${:.0}", dollars * events / 1e6);
    add(
        "ProjectEventsPerMonth",
        format!(
            "{} million events a month in a new project, which cost {} to {} at a high rate: what one application, or somebody with its public key, can send",
            grouped(events / 1e6),
            cost(of(Kind::Like).provisioned),
            cost(of(Kind::New).on_demand)
        ),
    );
    text
}

/// The lines of a bill, in groups.
fn lines(counted: &BTreeMap<String, Counts>) -> String {
    const GROUPS: [(&str, &[&str]); 8] = [
        ("HTTP API", &["HTTP API"]),
        ("ingest", &["ingest, requests", "ingest, seconds"]),
        ("inbox: send; receive and delete by tens", &["inbox, sends", "inbox, receives and deletes"]),
        (
            "processor and notify",
            &["the processor, requests", "the processor, seconds", "notify, requests", "notify, seconds"],
        ),
        ("segments: write, and the first month", &["segments, writes", "segments, first month"]),
        ("table: writes, GSI included", &["table, writes", "table, GSI writes"]),
        ("table: reads", &["table, reads"]),
        ("table: the first month and its backup", &["table, first month and backups"]),
    ];
    let mut text = table(&["", "like", "mixed", "different", "new"]);
    let bills = Kind::ALL.map(|kind| bill(&counted[&name_of(kind, Rate::High)]));
    for (what, names) in GROUPS {
        let cell = |bill: &Vec<BillLine>| {
            format!("{:.2}", total(bill.iter().filter(|line| names.contains(&line.what))).provisioned)
        };
        row(&mut text, &[&[what.to_owned()][..], &bills.each_ref().map(cell)].concat());
    }
    text
}
