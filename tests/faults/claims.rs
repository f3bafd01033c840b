//! What is too large for the queue goes through S3, and what is left of it goes away by itself.

use std::time::{Duration, SystemTime};

use axum::body::Body;
use faultline_tests::Faultline;
use http::{Method, StatusCode};
use serde_json::json;
use store::faults::{Fault, Faults, When};
use store::ports::MESSAGE_LIMIT;

use crate::turns::paused;
use crate::world::World;

/// A body whose packed form has about this many bytes.
fn body(bytes: usize) -> String {
    let mut state = 1u64;
    let noise: String = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // 64 different characters, which pack to three quarters.
        char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[(state >> 58) as usize])
    })
    .take(bytes)
    .collect();
    json!({ "errors": [{ "message": "large" }], "params": { "noise": noise } }).to_string()
}

/// Ingest writes a claim for what is above the limit of a queue message, and for nothing else; digest reads both.
#[tokio::test]
async fn a_message_goes_by_the_queue_up_to_its_limit_and_through_s3_above() {
    let faultline = Faultline::new().await;
    // Base64 of three quarters is about as long as the noise.
    for (bytes, claimed) in [(1_000, false), (MESSAGE_LIMIT - 8_000, false), (MESSAGE_LIMIT + 8_000, true)] {
        let path = "/projects/sample/errors";
        let answer = faultline.call(Method::POST, path, faultline.client_key(), body(bytes)).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
        let text = faultline.take_inbox().await.concat();
        assert_eq!(text.starts_with('@'), claimed, "{bytes}: {} bytes", text.len());
        assert!(text.len() <= MESSAGE_LIMIT);
        faultline.stack.inbox().send(text).await.unwrap();
        assert_eq!(faultline.digest().await, 0);
    }
    assert_eq!(faultline.counts().await["large"], 3);
}

/// A claim stays while its message may come again, from the dead-letter queue too (14 days), and then goes by the
/// bucket's lifecycle rule; so does one whose message never got into the queue.
#[test]
fn claims_are_cleaned_up_after_their_messages() {
    paused(clean_up());
}

async fn clean_up() {
    let world = World::new(0).await;
    let faults = Faults::seeded(0);
    let faultline = Faultline::with(world.engines.clone(), world.behind(&faults).await, world.clock.clone()).await;
    let post = async || {
        let body = Body::from(body(MESSAGE_LIMIT * 2));
        faultline.call(Method::POST, "/projects/sample/errors", faultline.client_key(), body).await.status
    };
    let expire = async |days: u64| {
        let now = SystemTime::now() + Duration::from_secs(days * 86_400);
        world.engines.s3().expire("faultline", "inbox/", now - Duration::from_secs(15 * 86_400)).await.unwrap()
    };

    assert_eq!(post().await, StatusCode::CREATED);
    assert_eq!(faultline.digest().await, 0);
    assert_eq!(expire(14).await, 0, "the queue may deliver its message once more");
    assert_eq!(expire(16).await, 1);

    faults.rule(When::Always, Fault::Reject, |call| call.operation == "SendMessage");
    assert_eq!(post().await, StatusCode::SERVICE_UNAVAILABLE, "it is not accepted");
    assert_eq!(faults.count(|call| call.operation == "PutObject"), 2 + 1, "two claims and a segment");
    assert_eq!(expire(16).await, 1, "what nobody refers to goes all the same");

    faults.heal();
    faults.rule(When::Always, Fault::Reject, |call| call.operation == "PutObject");
    assert_eq!(post().await, StatusCode::SERVICE_UNAVAILABLE);
    assert!(faultline.take_inbox().await.is_empty(), "no message refers to what is not there");
}
