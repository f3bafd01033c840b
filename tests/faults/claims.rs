//! Messages that are too large for the queue go through S3 (claim checks), and are removed from there with their
//! message.

use std::time::{Duration, SystemTime};

use axum::body::Body;
use faultline_tests::{ADMIN, Faultline};
use http::{Method, StatusCode};
use serde_json::json;
use server::system::stored_keys;
use store::faults::{Fault, Faults, When};
use store::ports::MESSAGE_LIMIT;

use crate::turns::paused;
use crate::world::World;

const DAY: Duration = Duration::from_secs(86_400);

/// Returns a body whose packed form has about this many bytes.
fn body(bytes: usize) -> String {
    let mut state = 1u64;
    let noise: String = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // 64 different characters, which compress to three quarters.
        char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[(state >> 58) as usize])
    })
    .take(bytes)
    .collect();
    json!({ "errors": [{ "message": "large" }], "params": { "noise": noise } }).to_string()
}

/// Ingest writes a claim check only for a message above the queue's limit. The processor reads both forms.
#[tokio::test]
async fn a_message_goes_by_the_queue_up_to_its_limit_and_through_s3_above() {
    let faultline = Faultline::new().await;
    // Base64 of three quarters of the noise is about as long as the noise.
    for (bytes, claimed) in [(1_000, false), (MESSAGE_LIMIT - 8_000, false), (MESSAGE_LIMIT + 8_000, true)] {
        let path = "/projects/sample/errors";
        let answer = faultline.call(Method::POST, path, faultline.client_key(), body(bytes)).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
        let text = faultline.take_inbox().await.concat();
        assert_eq!(text.starts_with('@'), claimed, "{bytes}: {} bytes", text.len());
        assert!(text.len() <= MESSAGE_LIMIT);
        faultline.stack.inbox().send(text).await.unwrap();
        assert_eq!(faultline.process().await, 0);
    }
    assert_eq!(faultline.counts().await["large"], 3);
}

/// Returns the keys of the claim checks in the bucket.
async fn stored(faultline: &Faultline) -> Vec<String> {
    stored_keys(faultline.stack.engines(), "inbox/").await.unwrap()
}

/// Posts a large body to the project `sample` and returns the queue message. A client key implies the project; an admin
/// key needs it in the path.
async fn claimed(faultline: &Faultline, key: &str) -> String {
    let body = Body::from(body(MESSAGE_LIMIT * 2));
    let answer = faultline.call(Method::POST, "/projects/sample/errors", key, body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    let texts = faultline.take_inbox().await;
    for text in &texts {
        faultline.stack.inbox().send(text.clone()).await.unwrap();
    }
    texts.last().unwrap().clone()
}

/// An unscrubbed body is removed after its commit. If the message is delivered again, the body is missing, and that is
/// not a dead letter.
#[tokio::test]
async fn a_claim_check_is_removed_after_its_commit_and_its_message_may_be_redelivered() {
    let faultline = Faultline::new().await;
    let keys = [faultline.client_key().to_owned(), ADMIN.to_owned()];
    for (count, key) in (1..).zip(keys) {
        let text = claimed(&faultline, &key).await;
        assert_eq!(stored(&faultline).await.len(), 1);
        assert_eq!(faultline.process().await, 0);
        assert_eq!(stored(&faultline).await, [""; 0]);
        assert_eq!(faultline.counts().await["large"], count);
        faultline.stack.inbox().send(text).await.unwrap();
        assert_eq!(faultline.process().await, 0, "it was processed before");
        assert_eq!(faultline.counts().await["large"], count);
    }
}

/// A body that disappears before its commit is a loss, so the message must become a dead letter and not a success.
#[tokio::test]
async fn a_claim_check_without_its_body_before_the_commit_is_a_dead_letter() {
    let faultline = Faultline::new().await;
    claimed(&faultline, faultline.client_key()).await;
    faultline.stack.engines().s3().expire("faultline", "inbox/", SystemTime::now() + DAY).await.unwrap();
    for _ in 0..5 {
        assert_eq!(faultline.process().await, 1);
    }
    assert_eq!(faultline.process().await, 0);
    let letters = faultline.get("/dead-letters").await;
    assert!(letters["deadLetters"][0]["reason"].as_str().unwrap().contains("NoSuchKey"), "{letters}");
}

/// Deleting a project removes its waiting large bodies at once, whether they were addressed by name or by key. Its
/// messages are dropped when they are processed.
#[tokio::test]
async fn claim_checks_are_removed_with_their_project() {
    let faultline = Faultline::new().await;
    claimed(&faultline, faultline.client_key()).await;
    claimed(&faultline, ADMIN).await;
    faultline.post("other", &json!({ "errors": [{ "message": "small" }] })).await;
    let other = body(MESSAGE_LIMIT * 2);
    faultline.call(Method::POST, "/projects/other/errors", ADMIN, other).await;
    assert_eq!(stored(&faultline).await.len(), 3);
    let answer = faultline.call(Method::DELETE, "/projects/sample", ADMIN, Body::empty()).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.body);
    assert_eq!(stored(&faultline).await.len(), 1, "only the other project's body is left");
    assert_eq!(faultline.process().await, 0);
    assert_eq!(stored(&faultline).await, [""; 0]);
    assert_eq!(faultline.get("/projects/other/errors").await["errors"].as_array().unwrap().len(), 2);
}

/// If the removal fails in any way, the message is delivered again, counted once, and leaves no body.
#[test]
fn a_claim_check_that_cannot_be_removed_is_removed_later() {
    paused(async {
        for fault in [Fault::Before, Fault::After, Fault::Reject, Fault::TimeOut, Fault::TimeOutAfter] {
            let world = World::new(0).await;
            let faults = Faults::seeded(0);
            let faultline = world.faultline(&faults).await;
            claimed(&faultline, faultline.client_key()).await;
            faults.rule(When::Always, fault, |call| call.operation == "DeleteObject");
            assert_eq!(faultline.process().await, 1, "{fault:?}: the message is not done");
            assert_eq!(faultline.counts().await["large"], 1, "{fault:?}");
            faults.heal();
            assert_eq!(faultline.process().await, 0, "{fault:?}");
            assert_eq!(faultline.counts().await["large"], 1, "{fault:?}");
            let left = world.engines.s3().expire("faultline", "inbox/", SystemTime::now() + DAY).await.unwrap();
            assert_eq!(left, 0, "{fault:?}");
        }
    });
}

/// A dead letter's body stays as long as the dead letter can be redriven. The bucket's lifecycle rule removes a body
/// whose message never reached the queue.
#[test]
fn claim_checks_without_a_message_expire() {
    paused(clean_up());
}

async fn clean_up() {
    let world = World::new(0).await;
    let faults = Faults::seeded(0);
    let faultline = world.faultline(&faults).await;
    let post = async || {
        let body = Body::from(body(MESSAGE_LIMIT * 2));
        faultline.call(Method::POST, "/projects/sample/errors", faultline.client_key(), body).await.status
    };
    let expire = async |days: u32| {
        let now = SystemTime::now() + DAY * days;
        world.engines.s3().expire("faultline", "inbox/", now - DAY * 15).await.unwrap()
    };

    faults.rule(When::Always, Fault::Reject, |call| {
        call.operation == "UpdateItem" || call.operation == "TransactWriteItems"
    });
    assert_eq!(post().await, StatusCode::CREATED);
    assert_eq!(faultline.process().await, 1);
    assert_eq!(expire(14).await, 0, "the message can still be redriven");
    faults.heal();
    assert_eq!(faultline.process().await, 0);

    let before = faults.count(|call| call.operation == "PutObject");
    faults.rule(When::Always, Fault::Reject, |call| call.operation == "SendMessage");
    assert_eq!(post().await, StatusCode::SERVICE_UNAVAILABLE, "the request is not accepted");
    assert_eq!(faults.count(|call| call.operation == "PutObject"), before + 1);
    assert_eq!(expire(16).await, 1, "a body that no message refers to expires, too");

    faults.heal();
    faults.rule(When::Always, Fault::Reject, |call| call.operation == "PutObject");
    assert_eq!(post().await, StatusCode::SERVICE_UNAVAILABLE);
    assert!(faultline.take_inbox().await.is_empty(), "no message refers to a missing body");
}
