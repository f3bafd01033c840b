//! A storm costs what its batches and errors cost, and delays nobody.

use faultline_tests::{ADMIN, Faultline};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use store::faults::Faults;

use crate::turns::paused;
use crate::world::World;

/// Maximum number of events in a v1 body.
const BODY: usize = 1_000;
/// Number of batches in a storm.
const TURNS: usize = 5;

async fn post(faultline: &Faultline, project: &str, errors: Vec<Value>) {
    let body = json!({ "errors": errors }).to_string();
    let answer = faultline.call(Method::POST, &format!("/projects/{project}/errors"), ADMIN, body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
}

/// Returns the sum of the counts of a project's errors.
async fn count(faultline: &Faultline, project: &str) -> u64 {
    let listed = faultline.get(&format!("/projects/{project}/errors?limit=10")).await;
    listed["errors"].as_array().unwrap().iter().map(|error| error["count"].as_u64().unwrap()).sum()
}

/// Returns the calls of each turn of a storm, in which one project has `like` events of one error per turn and another
/// project has one event: commits to DynamoDB, other writes to it, writes to S3, and reads. The first project may have
/// a limit that it does not reach.
async fn storm(like: usize, limit: Option<usize>) -> Vec<[usize; 4]> {
    let world = World::new(0).await;
    let faults = Faults::seeded(0);
    let faultline = world.faultline(&faults).await;
    if let Some(most) = limit {
        faultline.call(Method::POST, "/projects", ADMIN, r#"{"name":"stormy"}"#).await;
        let limits = json!({ "limits": { "perMinute": most, "perMonth": most } }).to_string();
        let answer = faultline.call(Method::PATCH, "/projects/stormy", ADMIN, limits).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    }
    let mut calls = Vec::new();
    for turn in 1..=TURNS {
        for _ in 0..like.div_ceil(BODY) {
            let errors = vec![json!({ "type": "E", "message": "storm" }); like.min(BODY)];
            post(&faultline, "stormy", errors).await;
        }
        post(&faultline, "quiet", vec![json!({ "type": "E", "message": "quiet" })]).await;
        let seen = faults.log().len();
        assert_eq!(faultline.process().await, 0);
        let made = &faults.log()[seen..];
        let of = |operation: &str| made.iter().filter(|call| call.operation == operation).count();
        let reads = made.iter().filter(|call| !call.is_write()).count();
        calls.push([of("TransactWriteItems"), of("UpdateItem"), of("PutObject"), reads]);
        faultline.clock.advance(1);
        assert_eq!(count(&faultline, "quiet").await, turn as u64, "visible after one turn, as without a storm");
        assert_eq!(count(&faultline, "stormy").await, (turn * like) as u64);
    }
    calls
}

/// A storm of one error costs one write to its item per batch, however many events there are. Another project's events
/// are stored with the batch they came in.
#[test]
fn writes_to_an_error_grow_with_batches_not_with_events() {
    let one = paused(storm(1, None));
    let many = paused(storm(10 * BODY, None));
    // The other three writes are the timelines of two projects and of the stack. One event is stored in the table, and so
    // is that of the other project; 10,000 are in a segment.
    assert_eq!(&one[1..], [[1, 3, 0, 0]; TURNS - 1], "one transaction, and no reads");
    assert_eq!(&many[1..], [[1, 3, 1, 0]; TURNS - 1], "the same for 10,000 events a turn, and a segment");
}

/// Limits cost a project one additional write per batch.
#[test]
fn usage_is_counted_once_per_batch() {
    let many = paused(storm(20 * BODY, Some(TURNS * 20 * BODY + 1)));
    assert_eq!(&many[1..], [[1, 4, 1, 0]; TURNS - 1]);
}

/// 10,000 different errors in one batch are as many commits, in transactions of up to 100 actions. The other project's
/// event is stored with them.
#[test]
fn a_storm_of_different_errors_delays_nobody() {
    paused(async {
        let world = World::new(0).await;
        let faults = Faults::seeded(0);
        let faultline = world.faultline(&faults).await;
        for body in 0..10 {
            let error = |n| json!({ "type": "E", "message": format!("different {body} {n}") });
            post(&faultline, "stormy", (0..BODY).map(error).collect()).await;
        }
        post(&faultline, "quiet", vec![json!({ "type": "E", "message": "quiet" })]).await;
        assert_eq!(faultline.process().await, 0);
        assert_eq!(count(&faultline, "quiet").await, 1);
        let transactions = faults.count(|call| call.operation == "TransactWriteItems");
        // Error, timeline and reference: 33 commits fit into a transaction. (Two of the transactions created the
        // projects.)
        let expected = (10 * BODY + 1).div_ceil(33);
        assert!((expected..expected + 10).contains(&transactions), "{transactions} transactions, not about {expected}");
    });
}
