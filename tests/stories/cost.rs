//! The cost of storing events is counted. A change that adds a write per event or per error fails here.

use std::path::Path;
use std::time::Duration;

use embedded::Engines;
use faultline_tests::cost::bill::{bill, total};
use faultline_tests::cost::counts::{Counts, counted};
use faultline_tests::cost::guide::{name_of, parts};
use faultline_tests::cost::idle::{idle, kms_key};
use faultline_tests::cost::month::{RATES, break_even};
use faultline_tests::cost::prices;
use faultline_tests::cost::replay::{Replayed, Workload, replay};
use faultline_tests::cost::workload::{Kind, Rate};
use faultline_tests::meter::Meter;
use faultline_tests::turns::{held, paused};
use futures_util::future::join_all;
use model::cost::Capacity;
use server::system::Resources;
use store::ports::Inbox;

/// Replays batches of this many events. Each error has occurred twice before.
fn replayed(kind: Kind, rate: Rate, batch: usize) -> Replayed {
    replay(Workload { batches: 3, batch: Some(batch as f64), before: 2, ..Workload::told(kind, rate) })
}

/// Checks the maximum that a batch of `batch` events writes: transactions, other calls that write to the table, items,
/// and units of the table and its GSI per hundred events.
fn check(kind: Kind, rate: Rate, batch: usize, [transactions, calls, items, units]: [u64; 4]) {
    let Replayed { batches, events, counted, .. } = replayed(kind, rate, batch);
    let written = counted.written();
    let others =
        ["PutItem", "UpdateItem", "BatchWriteItem", "DeleteItem"].map(|name| counted.of("DynamoDB", name).calls);
    let per_batch = |all: u64| all.div_ceil(batches);
    let found = [
        per_batch(counted.of("DynamoDB", "TransactWriteItems").calls),
        per_batch(others.iter().sum()),
        per_batch(written.items),
        (100 * (written.units + written.index_units)).div_ceil(events),
    ];
    let bounds = [transactions, calls, items, units];
    let is_within = found.iter().zip(bounds).all(|(found, bound)| (1..=bound).contains(found));
    assert!(is_within, "{kind:?} events at a {rate:?} rate, {batch} per batch: {found:?}, at most {bounds:?}");
    // A lone event is stored in the table.
    let segments = if batch == 1 { 0 } else { batches };
    assert_eq!(counted.of("S3", "PutObject").calls, segments, "at most one segment per batch");
    assert_eq!(counted.of("SQS", "SendMessage").charged, events, "one message per request");
    assert_eq!(written.refused, 0, "a single processor has no conflicts");
}

/// Events of one error share all writes. An additional error in a batch costs a handful of items.
#[test]
fn the_writes_of_a_batch_stay_within_their_bounds() {
    check(Kind::Like, Rate::High, 100, [1, 4, 24, 30]);
    check(Kind::Like, Rate::High, 300, [1, 4, 24, 12]);
    check(Kind::Different, Rate::High, 66, [2, 11, 390, 920]);
    check(Kind::New, Rate::High, 66, [3, 11, 400, 1_150]);
    check(Kind::Like, Rate::Low, 1, [1, 4, 12, 1_400]);
    check(Kind::New, Rate::Low, 1, [1, 4, 12, 1_650]);
}

/// Senders that send again as soon as they get an answer are batched, even if they are few: nearly all share one call.
#[test]
fn concurrent_sends_share_a_call() {
    const SENDERS: u64 = 8;
    const EACH: u64 = 20;
    let sent = paused(async {
        let engines = Engines::memory().unwrap();
        held(Resources::make(&engines)).await.unwrap();
        let meter = Meter::default().waiting(|_| Duration::from_millis(10));
        let resources = Resources::through(&engines, |engine| meter.around(engine)).await.unwrap();
        let sender = &resources.sender;
        let each = (0..SENDERS).map(|first| async move {
            // The others come while the first call is in flight.
            tokio::time::sleep(Duration::from_millis(first)).await;
            for number in 0..EACH {
                sender.send(number.to_string()).await.unwrap();
            }
        });
        join_all(each).await;
        meter.counted()
    });
    let [alone, together] = ["SendMessage", "SendMessageBatch"].map(|name| sent.of("SQS", name).calls);
    assert!(alone <= 1, "only the first is sent alone: {alone}");
    assert!(together <= EACH + 1, "{together} calls for {SENDERS} senders of {EACH} messages");
}

/// Returns a page of the repository.
fn page(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).unwrap()
}

/// Each figure of the guide follows from what the benchmark counted, the price list and the template.
#[test]
fn the_figures_of_the_guide_are_those_of_the_benchmark() {
    let counted = counted();
    for part in parts(&counted) {
        let page = page(part.page);
        let found = part.find_in(&page).unwrap_or_else(|| panic!("{} has no part {}", part.page, part.name));
        assert_eq!(found, part.text, "{}: run `cargo bench -p faultline-tests --bench cost`", part.page);
    }
    let (readme, book, idle) = (page("README.md"), page("docs/src/operate/cost.md"), total(&idle()));
    let of = |kind, rate| bill(&counted[&name_of(kind, rate)]);
    let storm = total(&of(Kind::Like, Rate::High)).provisioned;
    let alone = total(&of(Kind::Mixed, Rate::Low)).on_demand;
    let hourly = RATES[2].month(&counted[RATES[2].name]);
    let tenth = |events: f64| (events / 1e5).round() / 10.0;
    let unit = (prices::WRITE_HOUR + prices::READ_HOUR) * prices::HOURS;
    for (page, said) in [
        (&readme, format!("| {:.2} (on-demand) to {:.2} (provisioned", idle.on_demand, idle.provisioned)),
        (&readme, format!("at a high rate | {storm:.2} |")),
        (&readme, format!("on-demand | {alone:.2} |")),
        (&readme, format!("10 events a second, provisioned, a month | {:.0} |", hourly.provisioned)),
        (&book, format!("Below about {:.1} million events a month", tenth(break_even(&counted[RATES[0].name])))),
        (&book, format!("removes ${:.2} of the idle cost", idle.provisioned - idle.on_demand)),
        (&book, format!("from then on it costs ${:.2}, after\nfourteen years ${:.2}", kms_key(7.1), kms_key(14.2))),
        (&book, format!("`SealingKey=none` | ${:.2} a month less", kms_key(0.0))),
        (&book, format!("it costs ${unit:.2} a month for each unit of reads and writes")),
    ] {
        assert!(page.contains(&said), "a page does not say `{said}`");
    }
    assert_eq!(model::cost::PRICES, prices::DATE);
}

/// The page Health shows the same figures.
#[test]
fn the_api_estimates_the_bill_with_the_figures_of_the_benchmark() {
    let (counted, idle) = (counted(), total(&idle()));
    let storm = total(&bill(&counted[&name_of(Kind::Like, Rate::High)]));
    let alone = bill(&counted[&name_of(Kind::Mixed, Rate::Low)]);
    // Events that come alone fit into the provisioned minimum, which the idle cost contains.
    let without_capacity = total(alone.iter().filter(|line| !line.is_capacity())).provisioned;
    for (capacity, idle, million) in [
        (Capacity::Provisioned, idle.provisioned, [storm.provisioned, without_capacity]),
        (Capacity::OnDemand, idle.on_demand, [storm.on_demand, total(&alone).on_demand]),
    ] {
        let cents = |dollars: &f64| (dollars * 100.0).round();
        let said = capacity.million();
        assert_eq!(cents(&capacity.idle()), cents(&idle), "{capacity:?}, idle");
        assert_eq!([said.start(), said.end()].map(cents), million.each_ref().map(cents), "{capacity:?}, a million");
    }
}

/// The benchmark takes minutes. A small part of it must count what the last full run counted, so that its results are not
/// those of an older version.
#[test]
fn the_counted_figures_are_up_to_date() {
    let workload = Workload::told(Kind::Mixed, Rate::Low);
    let found = Counts::of(&replay(Workload { batches: 100, ..workload }));
    let kept = counted()[&name_of(Kind::Mixed, Rate::Low)];
    for (what, found, kept) in [
        ("write units", found.write_units, kept.write_units),
        ("read units", found.read_units, kept.read_units),
        ("messages", found.sends, kept.sends),
        ("objects", found.puts, kept.puts),
        ("bytes of objects", found.put_bytes, kept.put_bytes),
    ] {
        let differs = (found - kept).abs() > 0.1 * kept.max(0.1);
        assert!(!differs, "{what}: {found} per event, not {kept}: run `cargo bench -p faultline-tests --bench cost`");
    }
}

/// A bill has a line for everything that is charged, and only some lines are free.
#[test]
fn a_bill_has_a_line_for_everything_that_is_used() {
    let lines = bill(&Counts::of(&replayed(Kind::New, Rate::Low, 1)));
    let free: Vec<_> = lines.iter().filter(|line| line.on_demand == 0.0).map(|line| line.what).collect();
    assert_eq!(free, ["segments, writes", "segments, first month", "stream, read by Lambda", "KMS", "logs"]);
    assert!(
        lines.iter().all(|line| line.provisioned <= line.on_demand),
        "the default (provisioned) is cheaper under load"
    );
}
