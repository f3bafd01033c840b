//! Counted once (promise 2 in docs/src/internals/promises.md): counts are exact, whatever is delivered twice.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::dynamodb::EventRecord;
use embedded::Engines;
use embedded::sqs::Received;
use faultline_tests::meter::Meter;
use faultline_tests::{Faultline, TestClock, raw};
use futures_util::future::join_all;
use model::error::ErrorAggregate;
use model::time::Timestamp;
use notify::Record;
use serde_json::{Value, json};
use server::system::Resources;
use store::dynamo::error_in_stream;

/// Returns the occurrences of an error of the project `sample`, from all pages.
async fn occurrences(faultline: &Faultline, message: &str) -> Vec<Value> {
    faultline.all(&format!("/projects/sample/errors/{message}/occurrences?limit=100"), "after").await
}

async fn assert_counted(faultline: &Faultline, message: &str, count: u64) {
    let shown = faultline.get(&format!("/projects/sample/errors/{message}?start=2026-11-01T00:00:00Z")).await;
    let listed = occurrences(faultline, message).await;
    let distinct: BTreeSet<_> = listed.iter().map(|occurrence| occurrence["eventId"].as_str().unwrap()).collect();
    let ids: BTreeSet<_> = listed.iter().map(|occurrence| occurrence["reversedUnixtime"].as_str().unwrap()).collect();
    let minutes = shown["timeline"]["errors"].as_array().unwrap();
    let minutes: u64 = minutes.iter().map(|minute| minute["count"].as_u64().unwrap()).sum();
    let counts = [
        shown["error"]["count"].as_u64().unwrap(),
        minutes,
        listed.len() as u64,
        distinct.len() as u64,
        ids.len() as u64,
    ];
    assert_eq!(counts, [count; 5], "count, timeline, listed, distinct events, distinct ids");
}

/// 300 alike errors from 8 connections, processed while they arrive, are counted as 300, with 300 different
/// occurrences, and the minutes add up. (faultline v1 keeps 10.)
#[tokio::test(flavor = "multi_thread")]
async fn three_hundred_like_errors_are_three_hundred() {
    let faultline = Faultline::new().await;
    let posts = join_all((0..8).map(|connection| {
        let faultline = &faultline;
        async move {
            for _ in (0..300).skip(connection).step_by(8) {
                faultline.post_message("like").await;
                faultline.clock.advance(1);
            }
        }
    }));
    let error_commits = async {
        for _ in 0..20 {
            faultline.process().await;
            tokio::task::yield_now().await;
        }
    };
    futures_util::future::join(posts, error_commits).await;
    faultline.process().await;
    assert_counted(&faultline, "like", 300).await;
}

/// A message that is delivered again, alone or in another batch, is not counted again, neither by this process nor by a
/// new one with an empty cache.
#[tokio::test]
async fn an_event_that_is_delivered_twice_is_counted_once() {
    let dir = tempfile::tempdir().unwrap();
    let faultline = Faultline::builder().directory(dir.path()).start().await;
    for message in ["a", "a", "b"] {
        faultline.post_message(message).await;
    }
    let texts = faultline.take_inbox().await;
    let deliver = async |faultline: &Faultline, texts: &[&String]| {
        for text in texts {
            faultline.stack.inbox().send((*text).clone()).await.unwrap();
        }
        assert_eq!(faultline.process().await, 0);
    };
    deliver(&faultline, &[&texts[0], &texts[0]]).await;
    deliver(&faultline, &[&texts[1], &texts[2]]).await;
    deliver(&faultline, &[&texts[2], &texts[0], &texts[1]]).await;
    drop(faultline);

    let faultline = Faultline::builder().directory(dir.path()).start().await;
    faultline.clock.advance(86_400);
    deliver(&faultline, &[&texts[1], &texts[0], &texts[2]]).await;
    assert_counted(&faultline, "a", 2).await;
    assert_counted(&faultline, "b", 1).await;
}

/// Starts faultline in several processes, as Lambda does. `meter` counts their calls.
async fn processes<const N: usize>(meter: &Meter) -> [Faultline; N] {
    let (engines, clock) = (Engines::memory().unwrap(), Arc::<TestClock>::default());
    Resources::make(&engines).await.unwrap();
    let process = async |_| {
        let resources = Resources::through(&engines, |engine| meter.around(engine)).await.unwrap();
        Faultline::builder().engines(engines.clone()).resources(resources).clock(clock.clone()).start().await
    };
    join_all((0..N).map(process)).await.try_into().ok().expect("as many as requested")
}

async fn batch(faultline: &Faultline) -> Vec<Received> {
    faultline.stack.inbox().receive(10, 1 << 20, Duration::from_secs(60)).await.unwrap()
}

/// Two processors get the same messages concurrently: one commits, the other notices it and counts nothing.
#[tokio::test(flavor = "multi_thread")]
async fn two_concurrent_processors_count_once() {
    let processes = processes::<3>(&Meter::default()).await;
    let faultline = &processes[0];
    for round in 0..10 {
        faultline.post_message("raced").await;
        faultline.post_message(&format!("other {round}")).await;
        let texts = faultline.take_inbox().await;
        let mut batches = Vec::new();
        for _ in &processes {
            for text in &texts {
                faultline.stack.inbox().send(text.clone()).await.unwrap();
            }
            batches.push(batch(faultline).await);
        }
        let error_commits = processes.iter().zip(&mut batches).map(|(process, batch)| process.stack.process(batch));
        for failed in join_all(error_commits).await {
            assert!(failed.is_empty(), "{failed:?}");
        }
    }
    assert_counted(faultline, "raced", 10).await;
}

/// One process gets several batches of an error concurrently: they are read concurrently, and committed one after the
/// other.
#[tokio::test(flavor = "multi_thread")]
async fn concurrent_batches_of_a_process_do_not_conflict() {
    let meter = Meter::weighing();
    let [faultline] = processes(&meter).await;
    for _ in 0..10 {
        let mut batches = Vec::new();
        for _ in 0..3 {
            faultline.post_message("stormy").await;
            batches.push(batch(&faultline).await);
        }
        for failed in join_all(batches.iter_mut().map(|batch| faultline.stack.process(batch))).await {
            assert!(failed.is_empty(), "{failed:?}");
        }
    }
    assert_counted(&faultline, "stormy", 30).await;
    assert_eq!(meter.counted().written().refused, 0);
}

/// One body may spread over any number of minutes and hours.
#[tokio::test]
async fn events_of_many_hours_in_one_body_are_each_in_their_minute() {
    let faultline = Faultline::new().await;
    let errors: Vec<_> = (0..200)
        .map(|n| json!({ "message": "spread", "timestamp": format!("2026-11-01T{:02}:{:02}:{:02}Z", n % 24, n % 60, n % 60) }))
        .collect();
    faultline.post("sample", &json!({ "errors": errors })).await;
    faultline.process().await;
    assert_counted(&faultline, "spread", 200).await;
}

/// A body that is too large for a queue message goes through S3, and may be delivered twice like any other.
#[tokio::test]
async fn a_large_body_goes_through_s3() {
    let faultline = Faultline::new().await;
    let mut state = 1u64;
    let noise: String = (0..600_000)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            char::from(b'a' + ((state >> 33) % 26) as u8)
        })
        .collect();
    faultline.post("sample", &json!({ "errors": [{ "message": "large" }], "params": { "noise": noise } })).await;
    let texts = faultline.take_inbox().await;
    assert!(texts[0].starts_with("@inbox/v=1/"), "{}", &texts[0][..40]);
    for _ in 0..2 {
        faultline.stack.inbox().send(texts[0].clone()).await.unwrap();
        assert_eq!(faultline.process().await, 0);
    }
    assert_counted(&faultline, "large", 1).await;
    let shown = faultline.get("/projects/sample/errors/large").await;
    assert_eq!(shown["error"]["params"]["noise"], noise);
}

/// Returns each commit of an error from the table's stream: the error before and after it.
async fn commits(faultline: &Faultline) -> Vec<(Option<ErrorAggregate>, ErrorAggregate)> {
    let records: Vec<EventRecord> =
        serde_json::from_value(raw::stream(faultline.stack.engines()).await.into()).unwrap();
    let commit = |record: EventRecord| {
        let record = Record::from(record);
        Some((error_in_stream(&record.old).unwrap(), error_in_stream(&record.new).unwrap()?))
    };
    records.into_iter().filter_map(commit).collect()
}

/// A backlog has more minutes than a commit can hold. Thresholds count every minute of it, because the oldest minutes
/// are committed first.
#[tokio::test]
async fn each_minute_of_a_backlog_is_counted_for_thresholds() {
    let faultline = Faultline::new().await;
    let minute = |minute: i64| Timestamp::parse("2026-11-01T20:00:00Z").unwrap().plus_seconds(minute * 60);
    let item = |at: Timestamp| json!({ "message": "backlog", "timestamp": at.to_string() });
    let backlog: Vec<_> = (0..100).flat_map(|at| [item(minute(at)), item(minute(at).plus_seconds(30))]).collect();
    let mut rest = Vec::new();
    for at in (0..100).rev() {
        rest.push(item(minute(at).plus_seconds(45)));
    }
    faultline.post("sample", &json!({ "errors": backlog })).await;
    faultline.post("sample", &json!({ "errors": rest })).await;
    assert_eq!(faultline.process().await, 0);
    assert_counted(&faultline, "backlog", 300).await;
    let mut sent = Vec::new();
    for (old, new) in commits(&faultline).await {
        let before = |start| old.as_ref().map_or(0, |old: &ErrorAggregate| old.threshold_windows.count(start));
        sent.extend(
            new.threshold_windows
                .counts()
                .filter(|&(start, count)| before(start) < 3 && count >= 3)
                .map(|(start, _)| start),
        );
    }
    assert_eq!(sent, (0..100).map(minute).collect::<Vec<_>>(), "each minute reaches three, once, in order");
}
