//! Storage with less capacity than it needs.
//!
//!     FAULTLINE_EVENTS=100000 cargo test -p faultline-tests --test faults throttling

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use aws_sdk_sqs::types::QueueAttributeName::RedrivePolicy;
use embedded::sqs::Depth;
use embedded::{Engines, ManualClock};
use faultline_tests::ADMIN;
use faultline_tests::cost::template;
use http::{Method, StatusCode};
use model::id::ProjectName;
use serde_json::{Value, json};
use store::faults::{Fault, Faults, When};
use store::ports::Projects;
use tokio::time::Instant;

use crate::messages::Writer;
use crate::tally::{assert_same, listed, tally};
use crate::turns::{held, paused};
use crate::world::{TIME, World};

/// Number of events to post unless `FAULTLINE_EVENTS` is set, and number of events in a body.
const EVENTS: usize = 100_000;
const BODY: usize = 250;

fn body(of: usize) -> Value {
    // One storm, and other errors next to it.
    let message = |n: usize| if n.is_multiple_of(5) { format!("other {}", (of + n) % 97) } else { "storm".to_owned() };
    let errors: Vec<_> = (0..BODY).map(|n| json!({ "type": "E", "message": message(n) })).collect();
    json!({ "errors": errors })
}

/// Durable on success (promise 1 in docs/src/internals/promises.md) under throttling: DynamoDB refuses 30 % of the
/// writes, and S3 and SQS fail 5 % of all calls. Every accepted event is stored, none is counted twice, and no message
/// ends in the dead-letter queue.
#[test]
fn every_event_is_stored_while_storage_refuses_a_third() {
    let events = std::env::var("FAULTLINE_EVENTS").map_or(EVENTS, |value| value.parse().unwrap());
    paused(async {
        let world = World::new(1).await;
        let faults = Faults::seeded(1);
        let faultline = world.faultline(&faults).await;
        faults.rule(When::Chance(0.15), Fault::Throttle, |call| dynamo_write(&call.operation));
        faults.rule(When::Chance(0.15), Fault::Partly, |call| dynamo_write(&call.operation));
        faults.rule(When::Chance(0.025), Fault::Throttle, |call| s3_or_sqs(&call.operation));
        faults.rule(When::Chance(0.025), Fault::Before, |call| s3_or_sqs(&call.operation));
        let mut accepted = 0;
        for of in 0..events / BODY {
            let answer = faultline.call(Method::POST, "/projects/sample/errors", ADMIN, body(of).to_string()).await;
            match answer.status {
                StatusCode::CREATED => accepted += BODY,
                // The client's SDK would back off and send again. A refused event was not accepted.
                status => assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{}", answer.body),
            }
            if of % 10 == 9 {
                assert_eq!(faultline.process().await, 0, "the processor has enough time to retry");
            }
        }
        faultline.process().await;
        assert!(accepted > events * 9 / 10, "most are accepted: {accepted} of {events}");
        let dead = faultline.stack.engines().sqs().queue("faultline-inbox-dead").unwrap();
        assert_eq!(held(dead.depth()).await.unwrap().visible, 0);

        let project = world.truth.directory.by_name(&ProjectName::parse("sample").unwrap()).await.unwrap().unwrap();
        let stored: usize = tally(&world.truth, project.id).await.values().map(|events| events.len()).sum();
        assert_eq!(stored, accepted);
        let refused = faults.count(|call| call.fault.is_some() && dynamo_write(&call.operation));
        let writes = faults.count(|call| dynamo_write(&call.operation));
        assert!(refused * 100 > writes * 20, "{refused} of {writes} writes were refused");
    });
}

fn dynamo_write(operation: &str) -> bool {
    matches!(operation, "TransactWriteItems" | "UpdateItem" | "PutItem" | "BatchWriteItem")
}

fn s3_or_sqs(operation: &str) -> bool {
    matches!(operation, "PutObject" | "GetObject" | "SendMessage" | "SendMessageBatch")
}

/// How long the table refuses in the following test.
const OUTAGE: Duration = Duration::from_secs(90 * 60);

/// The table of errors refuses everything for 90 minutes, longer than it takes to scale from the smallest capacity to what
/// a storm of different errors needs. With the deliveries and the visibility timeout of template.yaml no event becomes a
/// dead letter.
#[test]
fn a_table_that_refuses_for_ninety_minutes_loses_no_event() {
    let visibility = Duration::from_secs(template::number("Inbox", "VisibilityTimeout"));
    let deliveries = template::number("Inbox", "maxReceiveCount");
    paused(async {
        let engine_clock = ManualClock::new(SystemTime::now());
        let world = World::on(Engines::memory_with_clock(engine_clock.clone()).unwrap(), 1).await;
        let redrive = serde_json::json!({
            "deadLetterTargetArn": world.engines.sqs().queue("faultline-inbox-dead").unwrap().arn(),
            "maxReceiveCount": deliveries,
        });
        let sqs = world.truth.sender.client();
        let url = held(sqs.get_queue_url().queue_name("faultline-inbox").send()).await.unwrap().queue_url.unwrap();
        let set = sqs.set_queue_attributes().queue_url(url).attributes(RedrivePolicy, redrive.to_string());
        held(set.send()).await.unwrap();

        let faults = Faults::seeded(1);
        let faultline = world.faultline(&faults).await;
        let refuses = Arc::new(AtomicBool::new(true));
        let refusing = refuses.clone();
        // Ingest and the look-up of projects use the directory, by `GetItem` only.
        faults.rule(When::Always, Fault::Throttle, move |call| {
            let of_table = dynamo_write(&call.operation) || matches!(call.operation.as_str(), "Query" | "BatchGetItem");
            of_table && refusing.load(Ordering::Relaxed)
        });

        // Like Lambda's pollers: a message that failed is received again when its visibility timeout is over.
        let inbox = faultline.stack.inbox();
        let (mut accepted, mut most_deliveries, mut passed) = (0, 0, Duration::ZERO);
        let minute = Duration::from_secs(60);
        while passed <= OUTAGE {
            if passed.as_secs().is_multiple_of(600) {
                let answer = faultline.call(Method::POST, "/projects/sample/errors", ADMIN, body(0).to_string()).await;
                assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
                accepted += BODY;
            }
            let mut received = held(inbox.receive(1_000, 6 << 20, visibility)).await.unwrap();
            most_deliveries = received.iter().map(|message| message.receive_count).fold(most_deliveries, u32::max);
            let count = received.len();
            assert_eq!(faultline.stack.process(&mut received).await.len(), count, "nothing can be committed");
            engine_clock.advance(minute);
            world.clock.advance(60);
            passed += minute;
        }
        assert!(most_deliveries > 10, "{most_deliveries} deliveries: ten would not have been enough");

        refuses.store(false, Ordering::Relaxed);
        engine_clock.advance(visibility);
        assert_eq!(faultline.process().await, 0);
        let dead = faultline.stack.engines().sqs().queue("faultline-inbox-dead").unwrap();
        let depths = (held(dead.depth()).await.unwrap(), held(inbox.depth()).await.unwrap());
        assert_eq!(depths, (Depth::default(), Depth::default()));
        let project = world.truth.directory.by_name(&ProjectName::parse("sample").unwrap()).await.unwrap().unwrap();
        let stored: usize = tally(&world.truth, project.id).await.values().map(|events| events.len()).sum();
        assert_eq!(stored, accepted);
    });
}

/// A batch ends in time, however long storage refuses, and its answer names only the messages that failed.
#[test]
fn a_batch_answers_in_time_and_names_what_is_left() {
    paused(async {
        for (operation, fault, left) in [
            // Nothing can be committed.
            ("TransactWriteItems", Fault::TimeOut, 3),
            ("PutObject", Fault::Before, 3),
            ("BatchGetItem", Fault::Partly, 3),
            // Claim checks cannot be read, inline messages can.
            ("GetObject", Fault::TimeOut, 1),
            ("GetObject", Fault::Throttle, 1),
        ] {
            let world = World::new(0).await;
            let project = world.project("p").await.id;
            let mut writer = Writer::new();
            let batch = [
                writer.v1(project, &[("a", 1)]),
                writer.claimed(&world, project, &[("b", 1)]).await,
                writer.v1(project, &[("c", 1)]),
            ];
            let process = world.process(Faults::seeded(0)).await;
            process.faults.rule(When::Always, fault, move |call| call.operation == operation);
            let start = Instant::now();
            let failures = process.process(&batch).await.unwrap();
            let case = format!("{operation} {fault:?}: {failures:?}");
            assert!(start.elapsed() <= TIME, "{case} after {:?}", start.elapsed());
            assert_eq!(failures.len(), left, "{case}");
            if left == 1 {
                assert_eq!(failures[0].id, batch[1].id, "{case}");
            } else {
                assert!(start.elapsed() > TIME / 2, "it retried as long as there was time: {:?}", start.elapsed());
            }
            process.process_all(&batch).await;
            assert_same(&listed(&world.truth, project).await, &writer.accepted, &case);
        }
    });
}

/// Pauses between retries have random lengths, so processes that were refused together do not retry together.
#[test]
fn retries_spread() {
    paused(async {
        let mut ends = std::collections::BTreeSet::new();
        for seed in 0..8 {
            let mut world = World::new(0).await;
            world.reseed(seed);
            let project = world.project("p").await.id;
            let batch = [Writer::new().v1(project, &[("a", 1)])];
            let process = world.process(Faults::seeded(0)).await;
            for nth in 0..9 {
                process.faults.rule(When::Nth(nth), Fault::Throttle, |call| call.operation == "TransactWriteItems");
            }
            // The SDK's own pauses are the same each time, so only the processor's can differ.
            fastrand::seed(1);
            let start = Instant::now();
            assert_eq!(process.process(&batch).await.unwrap(), []);
            ends.insert(start.elapsed().as_millis());
            assert!(start.elapsed() < Duration::from_secs(25));
        }
        assert!(ends.len() > 4, "eight of them ended after {ends:?} ms");
    });
}
