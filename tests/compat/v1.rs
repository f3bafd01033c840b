//! Version 0.1: errors are listed and counted, occurrences are read in full, and nothing is counted twice.

use std::collections::BTreeMap;

use axum::body::Body;
use faultline_tests::Faultline;
use formats::segment;
use http::{Method, StatusCode};
use model::id::ProjectId;
use model::occurrence::{Occurrence, Source};
use serde_json::json;
use store::ports::Errors;

use crate::Samples;

const CLIENT: &str = "sample-client-key";
const OWNER: &str = "sample-owner-key";
const INBOX: [&str; 3] = ["inbox-v1.txt", "inbox-v1-claimed.txt", "inbox-sentry.txt"];

/// Returns status, count and the sum of the timeline, by message.
async fn errors(faultline: &Faultline) -> BTreeMap<String, (String, u64, u64)> {
    let listed = faultline.get("/projects/shop/errors").await;
    let mut errors = BTreeMap::new();
    for error in listed["errors"].as_array().unwrap() {
        let fingerprint = error["fingerprint"].as_str().unwrap();
        let shown = faultline.get(&format!("/projects/shop/errors/{fingerprint}?start=2026-10-31T00:00:00Z")).await;
        let minutes = shown["timeline"]["errors"].as_array().unwrap();
        let sum = minutes.iter().map(|minute| minute["count"].as_u64().unwrap()).sum();
        let text = |key: &str| error[key].as_str().unwrap().to_owned();
        errors.insert(text("message"), (text("status"), error["count"].as_u64().unwrap(), sum));
    }
    errors
}

fn expected() -> BTreeMap<String, (String, u64, u64)> {
    let error = |message: &str, status: &str, count| (message.to_owned(), (status.to_owned(), count, count));
    [error("cart is empty", "unresolved", 2), error("large", "resolved", 2), error("'total'", "unresolved", 1)].into()
}

async fn deliver_inbox(faultline: &Faultline, samples: &Samples) {
    for name in INBOX {
        faultline.stack.inbox().send(samples.text(name)).await.unwrap();
    }
    assert_eq!(faultline.process().await, 0);
}

/// Errors, references, timelines, keys, projects and their settings.
#[tokio::test]
async fn items_are_read() {
    let faultline = Samples::of("v1").restored().await;
    assert_eq!(errors(&faultline).await, expected());
    let answer = faultline.call(Method::GET, "/projects/shop/errors", OWNER, Body::empty()).await;
    assert_eq!(answer.status, StatusCode::OK, "the admin key is valid");
    let projects = faultline.get("/projects").await;
    let shop = projects["projects"].as_array().unwrap().iter().find(|project| project["name"] == "shop").unwrap();
    assert_eq!(shop["scrubbing"], json!({ "additional": ["iban"], "exempt": ["password_hint"] }), "{shop}");
    let made = faultline.call(Method::POST, "/projects", OWNER, r#"{"name":"new"}"#).await;
    let sample: u64 = 3;
    assert_eq!(made.body["data"]["project"]["id"], sample + 1, "the next number follows the last one: {}", made.body);

    let resources = server::system::Resources::make(faultline.stack.engines()).await.unwrap();
    let buried = resources.table.pending_purges(ProjectId::new(2).unwrap(), 10).await.unwrap();
    assert_eq!(buried.len(), 1, "the pending purge is known");
}

/// Reads occurrences through the references to their frames, skipping frames that were blanked.
#[tokio::test]
async fn occurrences_are_read_from_their_segments() {
    let samples = Samples::of("v1");
    let faultline = samples.restored().await;
    let path = |fingerprint: &str| format!("/projects/shop/errors/{fingerprint}/occurrences?limit=100");
    let v1 = faultline.all(&path("cart%20is%20empty"), "after").await;
    assert_eq!(v1.len(), 2);
    for occurrence in &v1 {
        assert_eq!(occurrence["session"]["password"], "[Filtered]");
        assert_eq!(occurrence["session"]["password_hint"], "a fish");
    }
    assert_eq!(v1[1]["backtrace"][0]["function"], "total", "{}", v1[1]);
    let sentry = faultline.all(&path("6b0dd08465d55a2f0a98f929a3c6fff6"), "after").await;
    assert_eq!((sentry.len(), &sentry[0]["eventId"]), (1, &json!("9ec79c33ec9942ab8353589fcb2e04dc")));

    let whole = samples.object("segment-2.zst.base64");
    let lines: Vec<Occurrence> =
        segment::lines(&whole).map(|line| serde_json::from_slice(&line.unwrap()).unwrap()).collect();
    assert_eq!(lines.len(), 5, "the segment can be decompressed as one stream");
    let sentry = lines.iter().find(|line| line.source == Source::Sentry).unwrap();
    assert_eq!((sentry.kind.as_str(), sentry.release.as_deref()), ("KeyError", Some("shop@1.2.3")));
    assert_eq!(sentry.exceptions[0].stacktrace.as_ref().unwrap().frames.len(), 2);
    assert_eq!(sentry.breadcrumbs[0]["message"], "opened");
    assert_eq!((&sentry.tags["browser"], &sentry.user["id"]), (&"none".to_owned(), &json!("7")));
}

/// Queue messages of v1 clients and of Sentry SDKs, inline and with a claim check. They may have waited for days.
#[tokio::test]
async fn messages_of_the_inbox_are_processed() {
    let samples = Samples::of("v1");
    let faultline = samples.restored().await;
    faultline.call(Method::DELETE, "/projects/shop/errors/large", OWNER, Body::empty()).await;
    deliver_inbox(&faultline, &samples).await;
    let mut again = expected();
    again.get_mut("large").unwrap().0 = "unresolved".to_owned();
    assert_eq!(errors(&faultline).await, again);
}

/// Counted once (promise 2 in docs/src/internals/promises.md) across versions: events that an older version counted are
/// recognised by the event hashes in its references, and errors by the hashes in its aliases.
#[tokio::test]
async fn what_was_counted_is_not_counted_again() {
    let samples = Samples::of("v1");
    // An event without in-app frames has only the hash that the alias names.
    let frame = |function: &str| json!({ "function": function, "module": "shop.cart", "filename": "shop/cart.py", "in_app": false });
    let stack = json!({ "frames": [frame("handle"), frame("checkout")] });
    let event = json!({
        "event_id": "11111111111111111111111111111111",
        "platform": "python",
        "exception": { "values": [{ "type": "KeyError", "value": "'total'", "stacktrace": stack }] },
    });
    let faultline = samples.restored_with(&[("830444190218675f2b469ba1a07bbb1b", crate::last_hash(&event))]).await;
    deliver_inbox(&faultline, &samples).await;
    assert_eq!(errors(&faultline).await, expected());
    let path = format!("/api/2/store/?sentry_key={CLIENT}");
    let answer = faultline.call(Method::POST, &path, CLIENT, event.to_string()).await;
    assert_eq!(answer.status, StatusCode::OK, "the client key is valid: {}", answer.body);
    assert_eq!(faultline.process().await, 0);
    assert_eq!(errors(&faultline).await["'total'"], ("unresolved".to_owned(), 2, 2));
}
