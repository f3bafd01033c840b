//! Incidents of on-call services are closed when their error is resolved.

use faultline_tests::{ADMIN, Faultline};
use http::Method;
use serde_json::{Value, json};

use crate::recorder::{Break, Recorder, rules};

const SERVICE: &str = "pagerduty";

/// A rule that calls somebody and writes to a chat.
fn rule(more: &Value) -> Value {
    let mut rule = json!({ "id": "r", "on": ["first", "regression"],
        "to": [{ "type": "pagerduty", "routingKey": "k" }, { "type": "webhook", "endpoint": "https://hook.example/a" }] });
    for (key, value) in more.as_object().unwrap() {
        rule[key] = value.clone();
    }
    json!([rule])
}

async fn post(faultline: &Faultline, error: Value) {
    faultline.post("sample", &json!({ "errors": [error] })).await;
    assert_eq!(faultline.process().await, 0);
    faultline.notify().await;
}

async fn set(faultline: &Faultline, message: &str, change: Value) {
    let answer =
        faultline.call(Method::PATCH, &format!("/projects/sample/errors/{message}"), ADMIN, change.to_string()).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    faultline.notify().await;
}

#[tokio::test]
async fn an_incident_is_closed_each_time_the_error_is_resolved() {
    let recorder = Recorder::new();
    let faultline = Faultline::builder().notifier(recorder.clone()).start().await;
    rules(&faultline, rule(&json!({}))).await;
    let error = json!({ "type": "E", "message": "m" });
    post(&faultline, error.clone()).await;
    set(&faultline, "m", json!({ "assignee": "ada" })).await;
    for _ in 0..2 {
        faultline.clock.advance(60);
        set(&faultline, "m", json!({ "status": "resolved" })).await;
        set(&faultline, "m", json!({ "assignee": "bob" })).await;
        faultline.clock.advance(60);
        post(&faultline, error.clone()).await;
    }
    // Somebody reopens and resolves it without an occurrence.
    set(&faultline, "m", json!({ "status": "resolved" })).await;
    set(&faultline, "m", json!({ "status": "unresolved" })).await;
    set(&faultline, "m", json!({ "status": "resolved" })).await;
    let expected =
        ["first 1", "resolved", "regression 2", "resolved", "regression 3", "resolved", "resolved"].map(str::to_owned);
    assert_eq!(recorder.brief(SERVICE), expected);
    assert_eq!(recorder.brief("hook.example"), ["first 1", "regression 2", "regression 3"], "chats are not notified");
}

/// The stream may deliver a record again, in other batches.
#[tokio::test]
async fn a_repeated_record_closes_once() {
    let recorder = Recorder::new();
    let faultline = Faultline::builder().notifier(recorder.clone()).start().await;
    rules(&faultline, rule(&json!({}))).await;
    post(&faultline, json!({ "type": "E", "message": "m" })).await;
    let answer = faultline
        .call(Method::PATCH, "/projects/sample/errors/m", ADMIN, json!({ "status": "resolved" }).to_string())
        .await;
    assert_eq!(answer.status, 200);
    let records = faultline.records().await;
    for _ in 0..3 {
        assert_eq!(faultline.stack.notify().watch(&records, faultline_tests::time()).await, None);
    }
    faultline.notify().await;
    assert_eq!(recorder.brief(SERVICE), ["first 1", "resolved"]);
}

/// Nobody is called about an error that was resolved while the service was unreachable, or during quiet hours.
#[tokio::test]
async fn an_error_that_is_over_calls_nobody() {
    let recorder = Recorder::new();
    let faultline = Faultline::builder().notifier(recorder.clone()).start().await;
    rules(&faultline, rule(&json!({}))).await;
    recorder.breaks(SERVICE, Break::Down);
    post(&faultline, json!({ "type": "E", "message": "m" })).await;
    set(&faultline, "m", json!({ "status": "resolved" })).await;
    recorder.mends(SERVICE);
    faultline.clock.advance(3_600);
    faultline.sweep().await;
    assert_eq!(recorder.brief(SERVICE), ["resolved"]);
}

/// A rule closes only what it can have opened.
#[tokio::test]
async fn the_filter_of_a_rule_applies_to_the_end_too() {
    let recorder = Recorder::new();
    let faultline = Faultline::builder().notifier(recorder.clone()).start().await;
    rules(&faultline, rule(&json!({ "title": "*payment*", "collect": { "minutes": 10 } }))).await;
    for message in ["a payment", "a search"] {
        post(&faultline, json!({ "type": "E", "message": message })).await;
    }
    faultline.clock.advance(700);
    faultline.sweep().await;
    for message in ["a%20payment", "a%20search"] {
        set(&faultline, message, json!({ "status": "resolved" })).await;
    }
    assert_eq!(recorder.brief(SERVICE), ["first 1", "resolved"]);
}
