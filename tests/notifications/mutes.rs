//! Mutes end, and the error is announced by its next occurrence.

use std::sync::Arc;

use faultline_tests::{ADMIN, Faultline};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::recorder::{Recorder, rules};

async fn world() -> (Arc<Recorder>, Faultline) {
    let recorder = Recorder::new();
    let faultline = Faultline::builder().notifier(recorder.clone()).start().await;
    let to = json!([{ "type": "webhook", "endpoint": "https://hook.example/x" }]);
    rules(&faultline, json!([{ "on": ["first", "regression"], "to": to }])).await;
    seen(&faultline).await;
    (recorder, faultline)
}

async fn seen(faultline: &Faultline) {
    faultline.clock.advance(10);
    faultline.post_message("m").await;
    assert_eq!(faultline.process().await, 0);
    faultline.notify().await;
}

async fn mute(faultline: &Faultline, more: Value) -> StatusCode {
    let mut body = json!({ "status": "muted" });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let answer = faultline.call(Method::PATCH, "/projects/sample/errors/m", ADMIN, body.to_string()).await;
    faultline.notify().await;
    answer.status
}

async fn open(faultline: &Faultline) -> usize {
    let listed = faultline.get("/projects/sample/errors?status=unresolved").await;
    listed["errors"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_mute_for_some_more_is_announced_when_it_ends() {
    let (recorder, faultline) = world().await;
    assert_eq!(mute(&faultline, json!({ "occurrences": 2 })).await, StatusCode::OK);
    seen(&faultline).await;
    assert_eq!(recorder.brief("hook.example"), ["first 1"]);
    seen(&faultline).await;
    seen(&faultline).await;
    assert_eq!(recorder.brief("hook.example"), ["first 1", "unmuted 3"]);
}

/// Nothing is written when the time of a mute is over: the error is open, and its next occurrence is announced.
#[tokio::test]
async fn a_mute_until_a_time_ends_by_itself() {
    let (recorder, faultline) = world().await;
    let after = |seconds: i64| {
        use store::clock::Clock;
        json!({ "until": faultline.clock.now().plus_seconds(seconds).to_string() })
    };
    assert_eq!(mute(&faultline, after(7_200)).await, StatusCode::OK);
    assert_eq!(mute(&faultline, after(3_600)).await, StatusCode::OK, "a shorter mute");
    seen(&faultline).await;
    faultline.clock.advance(3_500);
    faultline.sweep().await;
    assert_eq!(open(&faultline).await, 0);
    faultline.clock.advance(100);
    faultline.sweep().await;
    assert_eq!(open(&faultline).await, 1);
    let error = faultline.get("/projects/sample/errors/m/history").await;
    assert_eq!(error["history"][0]["what"], "mute_ended", "{error}");
    assert_eq!(error["history"][0]["by"]["kind"], "clock", "{error}");
    assert_eq!(recorder.brief("hook.example"), ["first 1"]);
    seen(&faultline).await;
    seen(&faultline).await;
    assert_eq!(recorder.brief("hook.example"), ["first 1", "unmuted 3"]);

    // The lane of the longer mute becomes due, and has nothing to send.
    assert_eq!(mute(&faultline, json!({})).await, StatusCode::OK);
    faultline.clock.advance(7_200);
    faultline.sweep().await;
    assert_eq!(open(&faultline).await, 0, "a mute without an end does not end");
    assert_eq!(mute(&faultline, after(-1)).await, StatusCode::BAD_REQUEST, "a time in the past");
}
