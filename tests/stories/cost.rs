//! The cost of storing events is counted. A change that adds a write per event or per error fails here.

use std::time::Duration;

use embedded::Engines;
use faultline_tests::cost::bill::{bill, total};
use faultline_tests::cost::idle::idle;
use faultline_tests::cost::prices;
use faultline_tests::cost::replay::{Replayed, Workload, replay};
use faultline_tests::cost::workload::{Kind, Rate};
use faultline_tests::meter::Meter;
use faultline_tests::turns::{held, paused};
use futures_util::future::join_all;
use server::system::Resources;
use store::ports::Inbox;

/// Replays batches of this many events. Each error has occurred twice before.
fn replayed(kind: Kind, rate: Rate, batch: usize) -> Replayed {
    replay(Workload { kind, rate, batches: 3, batch: Some(batch), before: 2 })
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
    check(Kind::New, Rate::High, 66, [3, 26, 810, 1_760]);
    check(Kind::Like, Rate::Low, 1, [1, 4, 12, 1_400]);
    check(Kind::New, Rate::Low, 1, [1, 6, 44, 4_800]);
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

/// The idle cost, to a cent, and the cost of a million events are the same in the book, in README.md and in the API.
#[test]
fn an_idle_stack_costs_what_the_readme_says() {
    let month = total(&idle());
    let (readme, book) = (include_str!("../../README.md"), include_str!("../../docs/src/operate/cost.md"));
    let said = format!("| **together** | **${:.2}** | **${:.2}** |", month.provisioned, month.on_demand);
    assert!(book.contains(&said), "cost.md does not contain `{said}`");
    let said = format!("| {:.2} (on-demand) to {:.2} (provisioned", month.on_demand, month.provisioned);
    assert!(readme.contains(&said), "README.md does not contain `{said}`");
    let cents = |dollars: f64| (dollars * 100.0).round();
    let said = [*model::cost::IDLE.start(), *model::cost::IDLE.end()].map(cents);
    assert_eq!(said, [month.on_demand, month.provisioned].map(cents), "the idle cost that the API reports");
    assert_eq!(model::cost::PRICES, prices::DATE);
    // A million events take minutes to replay, so only the results of the benchmark are compared.
    let [storm, alone] = [*model::cost::MILLION.start(), *model::cost::MILLION.end()];
    let (high, low) = (format!("| at a high rate | {storm:.2} ("), format!("({alone:.2}) |"));
    assert!(book.contains(&high) && book.contains(&low), "cost.md does not contain `{high}` and `{low}`");
    let (high, low) = (format!("at a high rate | {storm:.2} |"), format!("on-demand | {alone:.2} |"));
    assert!(readme.contains(&high) && readme.contains(&low), "README.md does not contain `{high}` and `{low}`");
}

/// A bill has a line for everything that is charged, and only some lines are free.
#[test]
fn a_bill_has_a_line_for_everything_that_is_used() {
    let lines = bill(&replayed(Kind::New, Rate::Low, 1));
    let free: Vec<_> = lines.iter().filter(|line| line.on_demand == 0.0).map(|line| line.what).collect();
    assert_eq!(free, ["segments, writes", "segments, first month", "stream, read by Lambda", "KMS", "logs"]);
    assert!(
        lines.iter().all(|line| line.provisioned <= line.on_demand),
        "the default (provisioned) is cheaper under load"
    );
}
