//! `POST /projects/{project}/rules/test` sends samples, and returns what the destinations answer.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use faultline_tests::fakes::{self, Reply};
use faultline_tests::{ADMIN, Answered, Faultline};
use http::{Method, StatusCode};
use notify::channels::Channels;
use notify::guard::{Client, Destinations, Timeouts};
use serde_json::{Value, json};
use store::clock::SystemClock;

const RULES: &str = "/projects/sample/rules";
const TEST: &str = "/projects/sample/rules/test";

async fn put(faultline: &Faultline, document: Value) {
    let set = faultline.call(Method::PUT, RULES, ADMIN, document.to_string()).await;
    assert_eq!(set.status, StatusCode::OK, "{}", set.body);
}

async fn test(faultline: &Faultline, wanted: Value) -> Answered {
    faultline.call(Method::POST, TEST, ADMIN, wanted.to_string()).await
}

async fn results(faultline: &Faultline, wanted: Value) -> Vec<Value> {
    let answer = test(faultline, wanted).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.body["data"]["results"].as_array().unwrap().clone()
}

fn webhook(endpoint: &str) -> Value {
    json!({ "type": "webhook", "endpoint": endpoint })
}

/// A rule's sample goes to all its targets, or to a chosen one. The answer has what each destination said, without
/// secrets.
#[tokio::test]
async fn a_test_returns_what_each_destination_said() {
    let faultline = Faultline::new().await;
    let ((good, good_url), (bad, bad_url)) = (fakes::webhook().await, fakes::slack().await);
    let team = json!({ "id": "team", "to": [webhook(&good_url), { "type": "slack", "endpoint": bad_url }] });
    let other = json!({ "id": "other", "to": [webhook(&good_url)] });
    put(&faultline, json!({ "rules": [team, other] })).await;

    bad.plan(Reply::new(404, format!("no_service at {bad_url}")));
    let answer = test(&faultline, json!({ "rule": "team" })).await;
    let secret = bad_url.rsplit('/').next().unwrap();
    assert!(!answer.body.to_string().contains(secret), "{}", answer.body);
    let said = answer.body["data"]["results"].as_array().unwrap();
    assert_eq!(said.len(), 2);
    assert_eq!((&said[0]["type"], &said[0]["status"]), (&json!("webhook"), &json!("sent")));
    assert_eq!((&said[1]["target"], &said[1]["status"]), (&json!(1), &json!("failed")));
    assert!(said[1]["said"].as_str().unwrap().contains("404"), "{}", said[1]);
    assert!(said.iter().all(|result| result["rule"] == "team" && result["durationMs"].is_u64()));
    let received = good.received();
    assert!(received.len() == 1 && received[0].json().to_string().contains("sample"), "{received:?}");

    assert_eq!(results(&faultline, json!({ "rule": "team", "target": 1 })).await.len(), 1);
    assert_eq!((good.received().len(), bad.received().len()), (0, 2));
    assert_eq!(results(&faultline, json!({})).await.len(), 3, "all rules");
}

/// A target can be tested before it is in a rule. Nothing of it is stored.
#[tokio::test]
async fn a_target_can_be_tested_before_it_is_saved() {
    let faultline = Faultline::new().await;
    let (fake, url) = fakes::webhook().await;
    let said = results(&faultline, json!({ "target": webhook(&url) })).await;
    assert_eq!((said.len(), &said[0]["status"], &said[0]["rule"]), (1, &json!("sent"), &Value::Null));
    assert_eq!(fake.received().len(), 1);
    let kept = faultline.call(Method::GET, RULES, ADMIN, Body::empty()).await;
    assert_eq!(kept.body["data"], json!({ "rules": [] }));
    // The guard applies to samples, too.
    let said = results(&faultline, json!({ "target": webhook("https://169.254.169.254/latest") })).await;
    assert_eq!(said[0]["status"], "failed");
}

#[tokio::test]
async fn a_test_of_an_unknown_rule_or_target_is_refused() {
    let faultline = Faultline::new().await;
    put(&faultline, json!({ "rules": [{ "id": "team", "to": [webhook("https://hooks.slack.com/x")] }] })).await;
    for (wanted, status, path) in [
        (json!([]), 400, json!([])),
        (json!({ "rule": "unknown" }), 404, json!(["rule"])),
        (json!({ "rule": 7 }), 400, json!(["rule"])),
        (json!({ "rule": "team", "target": 1 }), 400, json!(["target"])),
        (json!({ "target": "team" }), 400, json!(["target"])),
        (json!({ "target": -1 }), 400, json!(["target"])),
        (json!({ "target": { "type": "pigeon" } }), 400, json!(["target", "type"])),
        (json!({ "target": { "type": "webhook", "endpoint": "[sealed]" } }), 400, json!(["target", "endpoint"])),
        (json!({ "rules": [] }), 400, json!(["rules"])),
    ] {
        let answer = test(&faultline, wanted.clone()).await;
        assert_eq!((answer.status.as_u16(), &answer.body["errors"][0]["path"]), (status, &path), "{wanted}");
    }
}

/// A destination that hangs times out, and does not delay others.
#[tokio::test]
async fn a_test_of_a_destination_that_hangs_times_out() {
    let timeouts = Timeouts { whole: Duration::from_millis(50), ..Timeouts::default() };
    let client = Client::new(Destinations::default().and_loopback(), timeouts);
    let faultline =
        Faultline::builder().notifier(Arc::new(Channels::new(client, None, Arc::new(SystemClock)))).start().await;
    let ((hangs, hangs_url), (good, good_url)) = (fakes::webhook().await, fakes::webhook().await);
    put(&faultline, json!({ "rules": [{ "id": "team", "to": [webhook(&hangs_url), webhook(&good_url)] }] })).await;
    hangs.plan_hang();
    let answer = test(&faultline, json!({})).await;
    let said = &answer.body["data"]["results"];
    assert_eq!((&said[0]["status"], &said[1]["status"]), (&json!("failed"), &json!("sent")), "{said}");
    assert_eq!(good.received().len(), 1);
}
