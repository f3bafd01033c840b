//! Whom a post wants its errors told to: sealed before it rests anywhere, and never in the way of the event.

use axum::body::Body;
use embedded::Engines;
use faultline_tests::{ADMIN, Faultline, raw};
use formats::inbox::{self, Message, Text};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use server::system::Resources;
use store::faults::{Fault, Faults, When};

/// What must be found nowhere.
const SECRET: &str = "T0SECRET";

fn slack() -> Value {
    json!({ "type": "slack", "endpoint": format!("https://hooks.slack.com/services/{SECRET}/x"), "channel": "#errors" })
}

fn body(notifications: Value) -> Value {
    json!({ "errors": [{ "type": "E", "message": "m" }], "notifications": notifications })
}

/// The message in the inbox, which is left there.
async fn message(faultline: &Faultline) -> Message {
    let text = faultline.take_inbox().await.concat();
    faultline.stack.inbox().send(text.clone()).await.unwrap();
    let Text::Inline(body) = inbox::form(&text).unwrap() else { panic!("it is small") };
    Message::unpack(&inbox::packed(body).unwrap()).unwrap()
}

/// The items of the sort keys that begin with `prefix`.
async fn items(faultline: &Faultline, prefix: &str) -> Vec<Value> {
    let all = raw::items(faultline.stack.engines()).await;
    all.into_iter().filter(|item| item["sk"]["S"].as_str().unwrap().starts_with(prefix)).collect()
}

/// The same configs are kept once, however often they are posted; each error names those that came with it last.
#[tokio::test]
async fn configs_are_kept_once() {
    let faultline = Faultline::new().await;
    for _ in 0..5 {
        faultline.post("sample", &body(json!([slack()]))).await;
        assert_eq!(faultline.process().await, 0);
    }
    assert_eq!(items(&faultline, "C#").await.len(), 1);
    let first = items(&faultline, "E#").await[0]["posted"].clone();

    let mut other = slack();
    other["channel"] = "#other".into();
    faultline.post("sample", &body(json!([other]))).await;
    faultline.post("sample", &body(Value::Null)).await;
    assert_eq!(faultline.process().await, 0);
    assert_eq!(items(&faultline, "C#").await.len(), 2);
    let second = items(&faultline, "E#").await[0]["posted"].clone();
    assert!(first != second && second["S"].is_string(), "a post without configs takes nothing away");

    // A project that the post makes has no number yet when its configs are sealed.
    faultline.post("fresh", &body(json!([slack()]))).await;
    assert_eq!(faultline.process().await, 0);
    assert_eq!(items(&faultline, "C#").await.len(), 3, "another project's are its own");

    for project in ["sample", "fresh"] {
        let path = format!("/projects/{project}");
        let deleted = faultline.call(Method::DELETE, &path, ADMIN, Body::empty()).await;
        assert_eq!(deleted.status, StatusCode::NO_CONTENT);
    }
    assert!(items(&faultline, "C#").await.is_empty(), "they go with their project");
}

/// Promise 3 (docs/src/internals/promises.md): a config that cannot be used is named beside the success; events and
/// other configs are taken.
#[tokio::test]
async fn a_bad_config_harms_nobody() {
    let faultline = Faultline::new().await;
    let answer = faultline.post("sample", &body(json!([7, slack()]))).await;
    assert_eq!(answer["data"]["errors"]["postCount"], 1);
    assert_eq!(answer["refused"].as_array().unwrap().len(), 1);
    assert_eq!(answer["refused"][0]["path"], json!(["notifications", "0"]));
    assert!(message(&faultline).await.header.notifications.is_some());
    assert_eq!(faultline.process().await, 0);
    assert_eq!(faultline.counts().await["m"], 1);
}

/// An event is not lost since nobody can be told of it: without a key, or while KMS does not answer, it is taken, and
/// the answer says that its configs are not.
#[tokio::test]
async fn what_cannot_be_sealed_is_not_kept_and_said() {
    for has_key in [false, true] {
        let engines = Engines::memory().unwrap();
        let faults = Faults::seeded(0);
        faults.rule(When::Always, Fault::Before, |call| call.operation == "GenerateDataKey");
        let mut resources = Resources::make(&engines).await.unwrap();
        if has_key {
            resources = Resources::through(&engines, |engine| faults.around(engine)).await.unwrap();
        } else {
            resources.sealer = None;
        }
        let faultline = Faultline::builder().engines(engines).resources(resources).start().await;
        let answer = faultline.post("sample", &body(json!([slack()]))).await;
        assert_eq!(answer["refused"][0]["reason"], "notifications_not_sealed");
        assert_eq!(answer["refused"][0]["path"], json!(["notifications"]));
        assert!(!answer.to_string().contains(SECRET));
        let info = faultline.call(Method::GET, "/info", ADMIN, Body::empty()).await;
        assert!(info.body.to_string().contains(r#""notifications_not_sealed":1"#), "{}", info.body);
        let message = message(&faultline).await;
        assert_eq!(message.header.notifications, None);
        assert!(!String::from_utf8_lossy(&message.payload).contains(SECRET));
        assert_eq!(faultline.process().await, 0);
        assert_eq!(faultline.counts().await["m"], 1);
        assert!(items(&faultline, "C#").await.is_empty());
    }
}
