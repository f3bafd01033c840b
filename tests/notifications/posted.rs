//! A posted config is used only for the occurrence that it came with.

use std::sync::Arc;

use faultline_tests::{ADMIN, Faultline};
use http::{Method, StatusCode};
use rules::Message;
use serde_json::{Value, json};

use crate::recorder::Recorder;

fn slack(host: &str) -> Value {
    json!({ "type": "slack", "endpoint": format!("https://{host}/services/x"), "channel": "#a" })
}

async fn world() -> (Arc<Recorder>, Faultline) {
    let recorder = Recorder::new();
    let faultline = Faultline::builder().notifier(recorder.clone()).start().await;
    (recorder, faultline)
}

async fn post(faultline: &Faultline, message: &str, session: &str, notifications: Value) -> Value {
    let answer = faultline
        .post(
            "sample",
            &json!({
                "errors": [{ "type": "E", "message": message }],
                "session": { "user": session },
                "notifications": notifications,
            }),
        )
        .await;
    faultline.clock.advance(1);
    answer
}

async fn process_and_notify(faultline: &Faultline) {
    assert_eq!(faultline.process().await, 0);
    faultline.notify().await;
    faultline.clock.advance(120);
    faultline.sweep().await;
}

async fn setting(faultline: &Faultline, which: &str) {
    let body = json!({ "postedConfigs": which }).to_string();
    let answer = faultline.call(Method::PATCH, "/projects/sample", ADMIN, body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    faultline.clock.advance(60);
}

/// The takeover from the security review: somebody with the public client key posts a known message with their own
/// config. They learn nothing of others' occurrences, and silence nobody.
#[tokio::test]
async fn a_posted_config_shows_only_its_own_occurrence() {
    for together in [false, true] {
        let (recorder, faultline) = world().await;
        let attacker = json!([{ "type": "github", "userToken": "t", "owner": "evil", "repo": "evil",
            "if_exist": "reopen-and-update", "threshold": 1 }]);
        post(&faultline, "m", "secret-of-ann", json!([slack("team.example")])).await;
        if !together {
            process_and_notify(&faultline).await;
        }
        for _ in 0..2 {
            post(&faultline, "m", "attackers-own", attacker.clone()).await;
        }
        post(&faultline, "m", "secret-of-bob", json!([slack("team.example")])).await;
        post(&faultline, "m", "secret-of-eve", Value::Null).await;
        process_and_notify(&faultline).await;

        let seen = recorder.messages("evil");
        assert!(!seen.is_empty(), "it is sent its own occurrence");
        let text = format!("{seen:?}");
        assert!(text.contains("attackers-own") && !text.contains("secret-of"), "together: {together}: {text}");
        for notification in recorder.notifications("evil") {
            assert!(notification.is_posted && notification.count == 1, "{notification:?}");
        }
        let team = recorder.messages("team.example");
        let text = format!("{team:?}");
        assert!(text.contains("secret-of-bob"), "the app's own config still works: {text}");
        assert!(!text.contains("attackers-own") && !text.contains("secret-of-eve"), "{text}");
    }
}

/// Merging errors does not apply a config to others' occurrences either.
#[tokio::test]
async fn a_config_does_not_reach_the_target_of_a_merge() {
    let (recorder, faultline) = world().await;
    post(&faultline, "whole", "secret", Value::Null).await;
    post(&faultline, "part", "secret", Value::Null).await;
    process_and_notify(&faultline).await;
    let errors = faultline.get("/projects/sample/errors").await;
    let print = |message: &str| {
        let all = errors["errors"].as_array().unwrap();
        all.iter().find(|error| error["message"] == message).unwrap()["fingerprint"].as_str().unwrap().to_owned()
    };
    let body = json!({ "errors": [print("part")] }).to_string();
    let path = format!("/projects/sample/errors/{}/merge", print("whole"));
    let merged = faultline.call(Method::POST, &path, ADMIN, body).await;
    assert!(merged.status.is_success(), "{}", merged.body);
    post(&faultline, "part", "own", json!([slack("own.example")])).await;
    process_and_notify(&faultline).await;
    let before = recorder.messages("own.example").len();
    assert_eq!(before, 1);
    post(&faultline, "whole", "secret", Value::Null).await;
    post(&faultline, "part", "secret", Value::Null).await;
    process_and_notify(&faultline).await;
    let text = format!("{:?}", recorder.messages("own.example"));
    assert!(recorder.messages("own.example").len() == before && !text.contains("secret"), "{text}");
}

#[tokio::test]
async fn a_project_may_use_sealed_configs_only_or_none() {
    let (recorder, faultline) = world().await;
    post(&faultline, "makes the project", "s", Value::Null).await;
    assert_eq!(faultline.process().await, 0);
    let encrypted = async |path: &str| {
        let answer = faultline.call(Method::POST, path, ADMIN, slack("sealed.example").to_string()).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
        answer.body["data"]["encrypted"].clone()
    };
    let sealed = encrypted("/encrypt").await;

    setting(&faultline, "sealed").await;
    let answer = post(&faultline, "m", "s", json!([slack("plain.example"), sealed])).await;
    assert_eq!(answer["refused"][0]["reason"], "notifications_not_allowed", "{answer}");
    process_and_notify(&faultline).await;
    assert_eq!((recorder.messages("plain.example").len(), recorder.messages("sealed.example").len()), (0, 1));

    setting(&faultline, "off").await;
    let answer = post(&faultline, "n", "s", json!([slack("plain.example"), sealed])).await;
    assert_eq!(answer["refused"][0]["path"], json!(["notifications"]), "{answer}");
    process_and_notify(&faultline).await;
    assert_eq!((recorder.messages("plain.example").len(), recorder.messages("sealed.example").len()), (0, 1));

    setting(&faultline, "any").await;
    let bound = encrypted("/encrypt?project=sample").await;
    post(&faultline, "o", "s", json!([bound])).await;
    faultline.post("other", &json!({ "errors": [{ "type": "E", "message": "m" }], "notifications": [bound] })).await;
    process_and_notify(&faultline).await;
    let projects: Vec<_> = recorder.notifications("sealed.example").iter().map(|one| one.project.to_string()).collect();
    assert_eq!(projects, ["sample", "sample"], "another project cannot use it");
}

/// A flood of errors with a posted config sends ten messages, and one that says how many more there were.
#[tokio::test]
async fn posted_configs_have_a_maximum_for_each_target() {
    let (recorder, faultline) = world().await;
    for n in 0..60 {
        let body = json!({ "errors": [{ "type": "E", "message": format!("m{n}") }],
            "notifications": [slack("team.example")] });
        faultline.post("sample", &body).await;
    }
    process_and_notify(&faultline).await;
    let sent = recorder.messages("team.example");
    assert_eq!(sent.len(), 11);
    let Some(Message::Several { notifications, more, overflow: Some(_), .. }) = sent.last() else { panic!("{sent:?}") };
    assert_eq!((notifications.len(), *more), (0, 50), "only a number, and nothing from other posts");
}
