//! Notification configs of posts: sealed before they are stored, and never a reason to lose the event.

use axum::body::Body;
use embedded::Engines;
use faultline_tests::{ADMIN, Faultline, raw};
use formats::inbox::{self, Message, Text};
use http::{Method, StatusCode};
use model::error::Status;
use model::id::{ConfigId, ProjectName};
use serde_json::{Value, json};
use server::system::Resources;
use store::faults::{Fault, Faults, When};
use store::ports::{Errors, Projects};

/// Must not be found anywhere.
const SECRET: &str = "T0SECRET";

fn slack() -> Value {
    json!({ "type": "slack", "endpoint": format!("https://hooks.slack.com/services/{SECRET}/x"), "channel": "#errors" })
}

fn body(notifications: Value) -> Value {
    json!({ "errors": [{ "type": "E", "message": "m" }], "notifications": notifications })
}

/// Returns the message in the inbox, without removing it.
async fn message(faultline: &Faultline) -> Message {
    let text = faultline.take_inbox().await.concat();
    faultline.stack.inbox().send(text.clone()).await.unwrap();
    let Text::Inline(body) = inbox::form(&text).unwrap() else { panic!("it is small") };
    Message::unpack(&inbox::packed(body).unwrap()).unwrap()
}

/// The configs that the sample project's only error names.
async fn posted(faultline: &Faultline) -> Option<ConfigId> {
    let Resources { directory, table, .. } = Resources::make(faultline.stack.engines()).await.unwrap();
    let project = directory.by_name(&ProjectName::parse("sample").unwrap()).await.unwrap().unwrap();
    let errors = table.page(project.id, &[Status::Unresolved], None, 2).await.unwrap().items;
    assert_eq!(errors.len(), 1);
    errors[0].posted.map(|posted| posted.configs)
}

/// Returns the items whose sort key begins with `prefix`.
async fn items(faultline: &Faultline, prefix: &str) -> Vec<Value> {
    let all = raw::items(faultline.stack.engines()).await;
    all.into_iter().filter(|item| item["sk"]["S"].as_str().unwrap().starts_with(prefix)).collect()
}

/// The same configs are stored once, however often they are posted. Each error refers to those that it was last posted
/// with.
#[tokio::test]
async fn configs_are_stored_once() {
    let faultline = Faultline::new().await;
    for _ in 0..5 {
        faultline.post("sample", &body(json!([slack()]))).await;
        assert_eq!(faultline.process().await, 0);
    }
    assert_eq!(items(&faultline, "C#").await.len(), 1);
    let first = posted(&faultline).await;

    let mut other = slack();
    other["channel"] = "#other".into();
    faultline.post("sample", &body(json!([other]))).await;
    faultline.post("sample", &body(Value::Null)).await;
    assert_eq!(faultline.process().await, 0);
    assert_eq!(items(&faultline, "C#").await.len(), 2);
    let second = posted(&faultline).await;
    assert!(first.is_some() && second.is_some(), "a post without configs does not remove the reference");
    assert_ne!(first, second);

    // A project that the post creates has no number yet when its configs are sealed.
    faultline.post("fresh", &body(json!([slack()]))).await;
    assert_eq!(faultline.process().await, 0);
    assert_eq!(items(&faultline, "C#").await.len(), 3, "each project has its own configs");

    for project in ["sample", "fresh"] {
        let path = format!("/projects/{project}");
        let deleted = faultline.call(Method::DELETE, &path, ADMIN, Body::empty()).await;
        assert_eq!(deleted.status, StatusCode::NO_CONTENT);
    }
    assert!(items(&faultline, "C#").await.is_empty(), "configs are deleted with their project");
}

/// One failure costs only itself (promise 3 in docs/src/internals/promises.md): an unusable config is named in the
/// answer, which is a success. Events and other configs are accepted.
#[tokio::test]
async fn a_bad_config_does_not_affect_events_or_other_configs() {
    let faultline = Faultline::new().await;
    let answer = faultline.post("sample", &body(json!([7, slack()]))).await;
    assert_eq!(answer["data"]["errors"]["postCount"], 1);
    assert_eq!(answer["refused"].as_array().unwrap().len(), 1);
    assert_eq!(answer["refused"][0]["path"], json!(["notifications", "0"]));
    assert!(message(&faultline).await.header.notifications.is_some());
    assert_eq!(faultline.process().await, 0);
    assert_eq!(faultline.counts().await["m"], 1);
}

/// An event is not lost because notifications are impossible. Without a key, or while KMS does not answer, the event is
/// accepted, and the answer says that its configs were not.
#[tokio::test]
async fn a_config_that_cannot_be_sealed_is_dropped_and_reported() {
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
