//! Slack, Discord and Teams.

use faultline_tests::standins;
use serde_json::{Value, json};

use super::notices::{all, hostile, many, one, python};
use super::{channels, target};

/// All that a service shows of a body.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        Value::Object(map) => map.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn slack_takes_every_message() {
    let (standin, endpoint) = standins::slack().await;
    let target = target(json!({ "type": "slack", "endpoint": endpoint }));
    for (name, telling) in all().into_iter().chain([("many", many())]) {
        assert_eq!(channels().tell(&target, &telling, None).await, Ok(None), "{name}");
        let body = standin.received().pop().unwrap().json();
        for text in texts(&body) {
            // A `<` that is ours begins a link to the web; all others are escaped.
            for (at, _) in text.match_indices('<') {
                assert!(text[at..].starts_with("<https://errors.example/"), "{name}: {text}");
            }
            assert!(text.matches("```").count() % 2 == 0 && text.matches("```").count() <= 2, "{name}: {text}");
        }
        if name != "many" {
            insta::assert_json_snapshot!(format!("slack_{name}"), body);
        }
    }
}

/// v1's fields, and buttons where a project has them.
#[tokio::test]
async fn slack_has_v1s_fields_and_buttons() {
    let (standin, endpoint) = standins::slack().await;
    let target = target(json!({
        "type": "slack",
        "endpoint": endpoint,
        "channel": "#errors",
        "username": "faultline",
        "icon_emoji": ":ghost:",
        "iconUrl": "https://shop.example/icon.png",
    }));
    let channels = channels().interactive(true);
    channels.tell(&target, &one(python()), None).await.unwrap();
    let body = standin.received().pop().unwrap().json();
    let named = ["channel", "username", "icon_emoji", "icon_url"].map(|name| body[name].as_str().unwrap());
    assert_eq!(named, ["#errors", "faultline", ":ghost:", "https://shop.example/icon.png"]);
    let buttons = body["blocks"].as_array().unwrap().last().unwrap();
    insta::assert_json_snapshot!("slack_buttons", buttons);
}

#[tokio::test]
async fn discord_takes_every_message() {
    let (standin, endpoint) = standins::discord().await;
    let target = target(json!({ "type": "discord", "endpoint": endpoint }));
    for (name, telling) in all().into_iter().chain([("many", many())]) {
        assert_eq!(channels().tell(&target, &telling, None).await, Ok(None), "{name}");
        let body = standin.received().pop().unwrap().json();
        if name != "many" {
            insta::assert_json_snapshot!(format!("discord_{name}"), body);
        }
    }
}

#[tokio::test]
async fn teams_takes_every_message() {
    let (standin, endpoint) = standins::teams().await;
    let target = target(json!({ "type": "teams", "endpoint": endpoint }));
    for (name, telling) in all().into_iter().chain([("many", many())]) {
        assert_eq!(channels().tell(&target, &telling, None).await, Ok(None), "{name}");
        let body = standin.received().pop().unwrap().json();
        if name != "many" {
            insta::assert_json_snapshot!(format!("teams_{name}"), body);
        }
    }
}

/// What turns the direction of writing, and what controls a terminal, is in no message.
#[tokio::test]
async fn no_message_turns_or_controls() {
    let (standin, endpoint) = standins::webhook().await;
    for kind in ["slack", "discord", "teams", "webhook"] {
        let target = target(json!({ "type": kind, "endpoint": endpoint }));
        let _ = channels().tell(&target, &one(hostile()), None).await;
        for text in texts(&standin.received().pop().unwrap().json()) {
            let bad = |c: char| {
                matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') || (c.is_control() && c != '\n')
            };
            let shown: String = text.chars().filter(|&c| bad(c)).collect();
            assert!(shown.is_empty(), "{kind}: {shown:?} in {text:.200}");
        }
    }
}
