//! The test that writes the samples of a version. README.md says when and how.

use serde_json::{Value, json};

use crate::{
    Samples, attachments, basics, errors, event_index, failures, figures, folder, history, keys, limits, merges,
};
use crate::{outbox, postings, sealed, settings, trackers, users};

/// A client key, by its name in the table.
pub(crate) const CLIENT: &str = "sample-client-key";

#[tokio::test]
#[ignore = "writes the samples of a version, once, before its release"]
async fn write() {
    let version = std::env::var("FAULTLINE_SAMPLES").expect("FAULTLINE_SAMPLES is the version");
    assert!(!folder(&version).exists(), "samples are never overwritten");
    let topic = |topic| Samples::create(&version, topic);
    attachments::write(&topic("attachments")).await;
    basics::write(&topic("basics")).await;
    errors::write(&topic("errors")).await;
    event_index::write(&topic("event-index")).await;
    failures::write(&topic("failures")).await;
    figures::write(&topic("figures")).await;
    history::write(&topic("history")).await;
    keys::write(&topic("keys")).await;
    limits::write(&topic("limits")).await;
    merges::write(&topic("merges")).await;
    outbox::write(&topic("outbox")).await;
    postings::write(&topic("postings")).await;
    sealed::write(&topic("sealed")).await;
    settings::write(&topic("settings")).await;
    trackers::write(&topic("trackers")).await;
    users::write(&topic("users")).await;
}

/// The body of a request of a v1 client, with two occurrences.
pub(crate) fn v1_body(message: &str) -> Value {
    json!({
        "errors": [{
            "type": "CartError",
            "message": message,
            "backtrace": [{ "file": "cart.js", "function": "total", "line": 42, "column": 7, "code": { "42": "x.y" } }],
            "timestamp": "2026-11-01T09:00:00+09:00",
        }, { "type": "CartError", "message": message }],
        "notifier": { "name": "faultline-js", "version": "1.0.0", "url": "https://example.org" },
        "context": { "environment": "production", "language": "JavaScript", "version": "1.2.3" },
        "session": { "user": 7, "password": "hunter2", "password_hint": "a fish", "iban": "DE02120300000000202051" },
        "params": { "q": ["a", null] },
        "notifications": [{ "type": "slack", "endpoint": "https://hooks.slack.com/services/x", "channel": "#errors" }],
    })
}

/// The body of a request with an error that occurred in nine minutes, each of which is a frame. With more than eight
/// frames, a batch writes a segment.
pub(crate) fn in_nine_minutes(message: &str) -> Value {
    let occurrence = |minute| json!({ "message": message, "timestamp": format!("2026-11-01T23:0{minute}:00Z") });
    json!({ "errors": (0..9).map(occurrence).collect::<Vec<_>>() })
}
