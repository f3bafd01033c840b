//! Measures the time to render the list of errors with its 50 rows:
//!
//!     cargo bench -p faultline-web-pages --bench list
//!
//! It measures the CPU time of this thread from Linux's `/proc`, so other load on the machine does not count. The
//! target is less than 5 ms. Reading the errors is not included: see the bench `reads`.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark panics on failure and prints its result")]

use std::hint::black_box;

use model::time::Timestamp;
use web_pages::{ErrorRow, ErrorsPage, Frame, Moment, Search, Sparkline, Tab, Visitor};

const ROWS: usize = 50;
const TIMES: u64 = 1_000;

fn main() {
    let page = page();
    let bytes = web_pages::page(&page).unwrap().len();
    let before = used();
    for _ in 0..TIMES {
        black_box(web_pages::page(black_box(&page)).unwrap());
    }
    let each = (used() - before) as f64 / TIMES as f64 / 1e6;
    println!("list of errors, {ROWS} rows, {bytes} bytes: {each:.3} ms of CPU");
}

/// The CPU time of this thread, in nanoseconds (proc_pid_schedstat(5), the first field).
fn used() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse().unwrap()
}

fn page() -> ErrorsPage {
    let visitor = Visitor {
        name: "ada".to_owned(),
        may_change: true,
        may_work: true,
        is_user: true,
        is_stack_admin: true,
        token: "0".repeat(64),
    };
    ErrorsPage {
        frame: Frame { title: "Errors of shop".to_owned(), visitor: Some(visitor), ..Frame::default() },
        project: "shop".to_owned(),
        tabs: ["Open", "Resolved", "Muted", "All"].map(tab).into(),
        search: Search::default(),
        rows: (0..ROWS).map(row).collect(),
        chosen: Vec::new(),
        cursor: String::new(),
        uncertain: Vec::new(),
        examined: None,
        first: None,
        next: Some("/projects/shop/errors?cursor=x".to_owned()),
        has_events: true,
    }
}

fn tab(name: &'static str) -> Tab {
    Tab { name, href: format!("/projects/shop/errors?status={name}"), is_here: name == "Open" }
}

/// A typical row. It has a bar in every hour, which is the most there can be.
fn row(number: usize) -> ErrorRow {
    let now = Timestamp::from_seconds(1_795_262_400);
    let seen = |ago: i64| Moment::new(now.plus_seconds(-ago), now);
    ErrorRow {
        fingerprint: format!("{number:032x}"),
        level: "error",
        kind: "com.acme.shop.warehouse.ReservationConflictException".to_owned(),
        message: format!(
            "order {number}: item <17> is reserved by order 4699, and will be set free at 14:32 & not before"
        ),
        culprit: Some("com.acme.shop.warehouse.ReservationCoordinator in reserveAllItemsOfOrder".to_owned()),
        status: "unresolved",
        is_new: number.is_multiple_of(3),
        is_regressed: number.is_multiple_of(5),
        assignee: Some("ada@shop.example".to_owned()),
        hours: Sparkline::new((1..=24).map(|hour| hour * 7 % 11 + 1).collect()),
        count: 12_345,
        users: 321,
        first_seen: seen(9 * 86_400),
        last_seen: seen(90 * number as i64),
    }
}
