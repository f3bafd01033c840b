//! Storage with less capacity than it needs.
//!
//!     FAULTLINE_EVENTS=100000 cargo test -p faultline-tests --test faults throttling

use std::time::Duration;

use faultline_tests::{ADMIN, Faultline};
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
        let faultline = Faultline::builder()
            .engines(world.engines.clone())
            .resources(world.behind(&faults).await)
            .clock(world.clock.clone())
            .start()
            .await;
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

        let project = world.truth.table.by_name(&ProjectName::parse("sample").unwrap()).await.unwrap().unwrap();
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

/// A batch ends in time, however long storage refuses, and its answer names only the messages that failed.
#[test]
fn a_batch_answers_in_time_and_names_what_is_left() {
    paused(async {
        for (operation, fault, left) in [
            // Nothing can be committed.
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
