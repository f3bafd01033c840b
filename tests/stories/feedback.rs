//! Feedback of the users of an application, as Sentry's SDKs send it.

use faultline_tests::{ADMIN, Faultline};
use http::{Method, Request};
use serde_json::{Value, json};

use crate::browser::Browser;

const EVENT: &str = "fc6d8c0c43fc4630ad850ee518f1b9d0";
const FEEDBACK: &str = "0a1b2c3d43fc4630ad850ee518f1b9d0";

async fn send(faultline: &Faultline, header: &Value, items: &[(&str, Value)]) {
    let mut envelope = format!("{header}\n");
    for (kind, payload) in items {
        envelope.push_str(&format!("{{\"type\":\"{kind}\"}}\n{payload}\n"));
    }
    let path = format!("/api/1/envelope/?sentry_key={}&sentry_version=7", faultline.client_key());
    let answer = faultline.send(Request::post(path).body(envelope.into()).unwrap()).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.body);
    assert!(answer.headers.get("x-sentry-rate-limits").is_none(), "feedback is not switched off");
}

fn event() -> (&'static str, Value) {
    ("event", json!({ "event_id": EVENT, "exception": { "values": [{ "type": "RangeError", "value": "no cart" }] } }))
}

/// The form of current SDKs.
fn feedback(text: &str, about: Option<&str>) -> (&'static str, Value) {
    let context = json!({
        "message": text, "name": "Jo", "contact_email": "jo@shop.test", "url": "https://shop.test/cart",
        "associated_event_id": about,
    });
    (
        "feedback",
        json!({ "event_id": FEEDBACK, "type": "feedback", "level": "info", "contexts": { "feedback": context } }),
    )
}

async fn errors(faultline: &Faultline) -> Vec<(String, String, u64)> {
    let errors = faultline.get("/projects/sample/errors").await["errors"].as_array().unwrap().clone();
    let text = |error: &Value, key: &str| error[key].as_str().unwrap().to_owned();
    let mut errors: Vec<_> =
        errors.iter().map(|one| (text(one, "type"), text(one, "message"), one["count"].as_u64().unwrap())).collect();
    errors.sort();
    errors
}

/// The path of the error of a type.
async fn path_of(faultline: &Faultline, kind: &str) -> String {
    let errors = faultline.get("/projects/sample/errors").await["errors"].as_array().unwrap().clone();
    let error = errors.iter().find(|error| error["type"] == kind).unwrap();
    format!("/projects/sample/errors/{}", error["fingerprint"].as_str().unwrap())
}

async fn history(faultline: &Faultline, kind: &str) -> Vec<Value> {
    let history = faultline.get(&format!("{}/history", path_of(faultline, kind).await)).await;
    history["history"].as_array().unwrap().clone()
}

/// Feedback in either form is an occurrence of one error, whatever users write, and an entry in the history of the error
/// that it is about, even if the event came in the same envelope. However often it is sent, it is there once.
#[tokio::test]
async fn feedback_is_listed_and_shown_with_its_error() {
    let faultline = Faultline::new().await;
    let report = json!({ "event_id": EVENT, "name": "Al", "email": "al@shop.test", "comments": "it broke" });
    for _ in 0..2 {
        send(&faultline, &json!({ "event_id": EVENT }), &[("user_report", report.clone()), event()]).await;
        send(&faultline, &json!({ "event_id": FEEDBACK }), &[feedback("I cannot pay", Some(EVENT))]).await;
        assert_eq!(faultline.process().await, 0);
        faultline.clock.advance(1);
    }
    let listed = errors(&faultline).await;
    assert_eq!(listed[0], ("RangeError".to_owned(), "no cart".to_owned(), 1));
    assert_eq!((listed.len(), listed[1].0.as_str(), listed[1].2), (2, "User feedback", 2));
    let history = history(&faultline, "RangeError").await;
    let said = |name: &str| history.iter().find(|entry| entry["by"]["name"] == name).unwrap();
    let (jo, al) = (said("Jo"), said("Al"));
    assert_eq!((history.len(), &al["email"], &al["text"]), (2, &json!("al@shop.test"), &json!("it broke")));
    assert_eq!(
        (&jo["what"], &jo["event"], &jo["about"]),
        (&json!("feedback_received"), &json!(FEEDBACK), &json!(EVENT))
    );
    let browser = Browser::signed_in(&faultline, ADMIN).await;
    let page = browser.open(&path_of(&faultline, "RangeError").await).await.text;
    for text in ["sent feedback about the event", "it broke", "I cannot pay", "jo@shop.test"] {
        assert!(page.contains(text), "{text}");
    }
}

/// Feedback about no event, or about one that faultline does not have, is kept, too.
#[tokio::test]
async fn feedback_about_no_event_is_kept() {
    for about in [None, Some(EVENT)] {
        let faultline = Faultline::new().await;
        send(&faultline, &json!({ "event_id": FEEDBACK }), &[feedback("I like it", about)]).await;
        assert_eq!(faultline.process().await, 0);
        assert_eq!(errors(&faultline).await, [("User feedback".to_owned(), "I like it".to_owned(), 1)]);
        let path = path_of(&faultline, "User feedback").await;
        let occurrence = faultline.get(&format!("{path}/occurrences/last")).await;
        let event = &occurrence["error"]["event"];
        assert_eq!((&event["user"]["email"], &event["level"]), (&json!("jo@shop.test"), &json!("info")));
        assert_eq!(event["contexts"]["feedback"]["url"], "https://shop.test/cart");
    }
}

/// Text of users is scrubbed like any other text, in the history too.
#[tokio::test]
async fn secrets_in_feedback_are_not_stored() {
    let faultline = Faultline::new().await;
    let text = "my card is 4111 1111 1111 1111";
    send(&faultline, &json!({ "event_id": EVENT }), &[event()]).await;
    send(&faultline, &json!({ "event_id": FEEDBACK }), &[feedback(text, Some(EVENT))]).await;
    assert_eq!(faultline.process().await, 0);
    let history = history(&faultline, "RangeError").await;
    let text = history[0]["text"].as_str().unwrap();
    assert!(text.starts_with("my card is") && !text.contains("4111"), "{text}");
}

/// Only what came as feedback is entered: not an event that calls itself feedback, and not imported feedback, because the
/// history of its error is imported, too.
#[tokio::test]
async fn only_what_came_as_feedback_is_entered() {
    let faultline = Faultline::new().await;
    send(&faultline, &json!({ "event_id": FEEDBACK }), &[feedback("I cannot pay", Some(EVENT))]).await;
    assert_eq!(faultline.process().await, 0);
    let path = format!("{}/occurrences/last", path_of(&faultline, "User feedback").await);
    let mut exported = faultline.get(&path).await["error"]["event"].clone();
    exported["eventId"] = json!("00000000000000000000000000000001");

    send(&faultline, &json!({ "event_id": EVENT }), &[event()]).await;
    let body = json!({ "occurrences": [exported] }).to_string();
    let imported = faultline.call(Method::POST, "/projects/sample/occurrences", ADMIN, body).await;
    assert_eq!(imported.status.as_u16(), 201, "{}", imported.body);
    let like = json!({
        "exception": { "values": [{ "type": "User feedback", "value": "x" }] },
        "contexts": { "feedback": { "message": "x", "associated_event_id": EVENT } },
    });
    send(&faultline, &json!({}), &[("event", like)]).await;
    assert_eq!(faultline.process().await, 0);
    assert_eq!(errors(&faultline).await.iter().map(|(.., count)| count).sum::<u64>(), 4, "all are stored");
    assert!(history(&faultline, "RangeError").await.is_empty());
}
