//! Slack, Discord and Teams.

use faultline_tests::fakes;
use notify::channels::Notifier as _;
use rules::Message;
use serde_json::{Value, json};

use super::notifications::{all, hostile, many, one, python};
use super::{channels, target};

/// Returns every text in a body.
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
    let (fake, endpoint) = fakes::slack().await;
    let target = target(json!({ "type": "slack", "endpoint": endpoint }));
    for (name, message) in all().into_iter().chain([("many", many())]) {
        assert_eq!(channels().send(&target, &message, None).await, Ok(None), "{name}");
        let body = fake.received().pop().unwrap().json();
        for text in texts(&body) {
            // Formatting characters in an event's text must have no effect: the text is plain text, in a code block, or
            // broken up. A `<` of our own begins a link to the web UI; all others are escaped.
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

#[tokio::test]
async fn slack_has_v1s_fields_and_buttons() {
    let (fake, endpoint) = fakes::slack().await;
    let target = target(json!({
        "type": "slack",
        "endpoint": endpoint,
        "channel": "#errors",
        "username": "faultline",
        "icon_emoji": ":ghost:",
        "iconUrl": "https://shop.example/icon.png",
    }));
    let channels = channels().interactive(true);
    channels.send(&target, &one(python()), None).await.unwrap();
    let body = fake.received().pop().unwrap().json();
    let named = ["channel", "username", "icon_emoji", "icon_url"].map(|name| body[name].as_str().unwrap());
    assert_eq!(named, ["#errors", "faultline", ":ghost:", "https://shop.example/icon.png"]);
    let buttons = body["blocks"].as_array().unwrap().last().unwrap();
    insta::assert_json_snapshot!("slack_buttons", buttons);
}

/// Slack's Markdown has no escape. What looks like Markdown in an event's text is sent as plain text or broken up.
#[tokio::test]
async fn slack_does_not_format_a_title() {
    let (fake, endpoint) = fakes::slack().await;
    let target = target(json!({ "type": "slack", "endpoint": endpoint }));
    let marked = "*bold* _italic_ ~gone~ `code` :wave: <!channel> <https://evil.example|here>";
    let mut notification = python();
    notification.message = marked.to_owned();
    notification.culprit = Some(marked.to_owned());
    notification.release = Some(marked.to_owned());
    let several = Message::Several {
        token: "t".to_owned(),
        project: notification.project.clone(),
        notifications: vec![notification.clone(), notification.clone()],
        more: 0,
        overflow: None,
    };
    for message in [one(notification), several] {
        channels().send(&target, &message, None).await.unwrap();
        let body = fake.received().pop().unwrap().json();
        for text in formatted(&body["blocks"]).into_iter().chain([body["text"].as_str().unwrap().to_owned()]) {
            for mark in ["*bold", "_italic", "~gone", "`code", ":wave:", "<!", "<https://evil"] {
                assert!(!text.contains(mark), "{mark}: {text}");
            }
        }
        let plain = texts(&body).concat();
        assert!(plain.contains("bold") && plain.contains("wave:"), "the text itself is kept: {plain}");
    }
}

/// Returns the texts of blocks that Slack formats: all except plain text without emoji, and code blocks.
fn formatted(value: &Value) -> Vec<String> {
    if value["type"] == "plain_text" {
        assert_eq!(value["emoji"], json!(false), "{value}");
        return Vec::new();
    }
    match value {
        Value::String(text) if text.starts_with("```") => Vec::new(),
        Value::String(text) => vec![text.clone()],
        Value::Array(values) => values.iter().flat_map(formatted).collect(),
        Value::Object(map) => map.values().flat_map(formatted).collect(),
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn discord_takes_every_message() {
    let (fake, endpoint) = fakes::discord().await;
    let target = target(json!({ "type": "discord", "endpoint": endpoint }));
    for (name, message) in all().into_iter().chain([("many", many())]) {
        assert_eq!(channels().send(&target, &message, None).await, Ok(None), "{name}");
        let body = fake.received().pop().unwrap().json();
        if name != "many" {
            insta::assert_json_snapshot!(format!("discord_{name}"), body);
        }
    }
}

#[tokio::test]
async fn teams_takes_every_message() {
    let (fake, endpoint) = fakes::teams().await;
    let target = target(json!({ "type": "teams", "endpoint": endpoint }));
    for (name, message) in all().into_iter().chain([("many", many())]) {
        assert_eq!(channels().send(&target, &message, None).await, Ok(None), "{name}");
        let body = fake.received().pop().unwrap().json();
        if name != "many" {
            insta::assert_json_snapshot!(format!("teams_{name}"), body);
        }
    }
}

/// No message contains characters that change the direction of writing or control a terminal.
#[tokio::test]
async fn no_message_contains_direction_or_control_characters() {
    let (fake, endpoint) = fakes::webhook().await;
    for kind in ["slack", "discord", "teams", "webhook"] {
        let target = target(json!({ "type": kind, "endpoint": endpoint }));
        let _ = channels().send(&target, &one(hostile()), None).await;
        for text in texts(&fake.received().pop().unwrap().json()) {
            let bad = |c: char| {
                matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') || (c.is_control() && c != '\n')
            };
            let shown: String = text.chars().filter(|&c| bad(c)).collect();
            assert!(shown.is_empty(), "{kind}: {shown:?} in {text:.200}");
        }
    }
}

/// A button press is answered at the URL that Slack sends, visible only to the person who pressed it. No other host is
/// contacted.
#[tokio::test]
async fn a_button_press_is_answered_only_at_slack() {
    let fake = fakes::FakeServer::start(|_| fakes::Reply::new(200, "ok")).await;
    let url = format!("{}/actions/T/1/x", fake.url());
    channels().reply(&url, "Muted by *grace*").await.unwrap();
    let body = fake.received().pop().unwrap().json();
    assert_eq!((&body["response_type"], &body["replace_original"]), (&json!("ephemeral"), &json!(false)));
    assert!(!body["text"].as_str().unwrap().contains("*grace"), "{body}");
    for elsewhere in
        ["https://gitlab.com/x", "https://hooks.slack.com.evil.example/x", "https://hooks.slack.com@evil/", "x"]
    {
        let refused = channels().reply(elsewhere, "x").await.unwrap_err().to_string();
        assert!(refused.contains("hooks.slack.com"), "{refused}");
    }
    assert!(fake.received().is_empty());
}
