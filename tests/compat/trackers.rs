//! Events of clients of Rollbar, Airbrake and Bugsnag, and of exporters of OpenTelemetry: their messages in the inbox, and what became of them.

use axum::body::Body;
use embedded::Engines;
use faultline_tests::{ADMIN, Faultline};
use http::{Method, Request};
use serde_json::{Value, json};

use crate::Samples;

const INBOX: [&str; 4] = ["inbox-rollbar.txt", "inbox-airbrake.txt", "inbox-bugsnag.txt", "inbox-otlp.txt"];

/// Returns the type, count and source of each error.
async fn errors(faultline: &Faultline) -> Vec<(String, u64, String)> {
    let listed = faultline.get("/projects/shop/errors").await;
    let mut errors = Vec::new();
    for error in listed["errors"].as_array().unwrap() {
        let path = format!("/projects/shop/errors/{}/occurrences/last", error["fingerprint"].as_str().unwrap());
        let event = faultline.get(&path).await["error"]["event"].clone();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        errors.push((text(&error["type"]), error["count"].as_u64().unwrap(), text(&event["source"])));
    }
    errors.sort();
    errors
}

fn expected() -> Vec<(String, u64, String)> {
    let error = |kind: &str, count, source: &str| (kind.to_owned(), count, source.to_owned());
    vec![
        error("ItemError", 1, "rollbar"),
        error("LogError", 1, "otlp"),
        error("NoticeError", 1, "airbrake"),
        error("ReportError", 2, "bugsnag"),
    ]
}

/// Occurrences are read, and messages that waited are recognised as counted.
#[tokio::test]
async fn events_of_other_trackers_are_read_and_not_counted_again() {
    let samples = Samples::of("trackers");
    let faultline = samples.restored().await;
    assert_eq!(errors(&faultline).await, expected());
    for name in INBOX {
        faultline.stack.inbox().send(samples.text(name)).await.unwrap();
    }
    assert_eq!(faultline.process().await, 0);
    assert_eq!(errors(&faultline).await, expected());
}

/// Messages that waited are processed.
#[tokio::test]
async fn messages_of_other_trackers_are_processed() {
    let samples = Samples::of("trackers");
    let faultline = samples.restored().await;
    for (kind, ..) in expected() {
        let listed = faultline.get("/projects/shop/errors").await;
        let error = listed["errors"].as_array().unwrap().iter().find(|error| error["type"] == kind.as_str()).unwrap();
        let path = format!("/projects/shop/errors/{}", error["fingerprint"].as_str().unwrap());
        faultline.call(Method::DELETE, &path, ADMIN, Body::empty()).await;
    }
    assert_eq!(errors(&faultline).await, []);
    for name in INBOX {
        faultline.stack.inbox().send(samples.text(name)).await.unwrap();
    }
    assert_eq!(faultline.process().await, 0);
    assert_eq!(errors(&faultline).await, expected());
}

/// Writes a project with an error of each kind of client, and their messages in the inbox.
pub(crate) async fn write(samples: &Samples) {
    let engines = Engines::memory().unwrap();
    let faultline = Faultline::builder().engines(engines.clone()).start().await;
    let made = faultline.call(Method::POST, "/projects", ADMIN, json!({ "name": "shop" }).to_string()).await;
    let key = made.body["data"]["project"]["clientKey"].as_str().unwrap();
    let item = json!({ "access_token": key, "data": {
        "uuid": "337fd48b-3736-4874-d820-790257879993", "level": "critical", "language": "ruby", "custom": { "a": 1 },
        "body": { "trace": { "exception": { "class": "ItemError", "message": "m" }, "frames": [] } },
    } });
    let notice = json!({ "errors": [{ "type": "NoticeError", "message": "m", "backtrace": [
        { "file": "/PROJECT_ROOT/cart.rb", "line": 12, "function": "total" },
    ] }], "context": { "language": "ruby/3.1.2" }, "params": { "a": 1 } });
    let event = json!({ "exceptions": [{ "errorClass": "ReportError", "message": "m", "type": "nodejs" }] });
    let report = json!({ "apiKey": key, "notifier": { "name": "Bugsnag Node" }, "events": [event, event] });
    let kind = json!({ "key": "exception.type", "value": { "stringValue": "LogError" } });
    let record = json!({ "severityNumber": 17, "body": { "stringValue": "m" }, "attributes": [kind] });
    let logs = json!({ "resourceLogs": [{ "scopeLogs": [{ "logRecords": [record] }] }] });
    let mut texts = Vec::new();
    let notices = format!("/api/v3/projects/1/notices?key={key}");
    for (file, (path, body)) in INBOX.into_iter().zip([
        ("/api/1/item", item),
        (&notices, notice),
        ("/bugsnag/notify", report),
        ("/v1/logs", logs),
    ]) {
        let request = Request::post(path).header("x-api-key", key).header("content-type", "application/json");
        let answer = faultline.send(request.body(body.to_string().into()).unwrap()).await;
        assert!(answer.status.is_success(), "{}", answer.body);
        let text = faultline.take_inbox().await.concat();
        samples.write(file, &text);
        texts.push(text);
    }
    for text in texts {
        faultline.stack.inbox().send(text).await.unwrap();
    }
    assert_eq!(faultline.process().await, 0);
    samples
        .write_items(&engines, |pk, sk, _| match (pk, sk.split_once('#')) {
            ("P#2", Some(("E", fingerprint))) => Some(format!("error-{}", &fingerprint[..8])),
            ("P#2", Some(("A", hash))) => Some(format!("alias-{}", &hash[..8])),
            (uid, Some(("T", hour))) if uid.starts_with("E#2#") => Some(format!("timeline-{}-{hour}", &uid[24..])),
            (uid, Some(("O", id))) if uid.starts_with("E#2#") => {
                Some(format!("reference-{}-{}", &uid[24..], &id[..10]))
            }
            _ => None,
        })
        .await;
}
