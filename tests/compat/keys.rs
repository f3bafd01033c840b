//! Keys that can be listed and rotated.

use axum::body::Body;
use faultline_tests::{ADMIN, Faultline};
use http::Method;
use serde_json::{Value, json};

use crate::Samples;

async fn listed(faultline: &Faultline, query: &str) -> Vec<Value> {
    let answer = faultline.call(Method::GET, &format!("/keys?{query}"), ADMIN, Body::empty()).await;
    serde_json::from_value(answer.body["data"]["keys"].clone()).unwrap()
}

fn named<'a>(keys: &'a [Value], name: &str) -> Vec<&'a Value> {
    keys.iter().filter(|key| key["name"] == name).collect()
}

/// Reads a key's hint and expiry, and the message header that records which key was used.
#[tokio::test]
async fn keys_are_read() {
    let samples = Samples::of("keys");
    let faultline = samples.restored().await;
    let keys = listed(&faultline, "project=shop").await;
    let (mut rotated, client) = (named(&keys, "sample"), named(&keys, "client"));
    rotated.sort_by_key(|key| key["expiresAt"].is_null());
    assert_eq!((keys.len(), rotated.len(), client.len()), (3, 2, 1), "{keys:?}");
    let old = ["hint", "role", "project", "lastUsed", "expiresAt"].map(|attribute| rotated[0][attribute].clone());
    assert_eq!(json!(old), json!(["0123", "read", "shop", null, "2026-11-03T00:01:00+00:00"]));
    assert_eq!((&rotated[1]["role"], &rotated[1]["lastUsed"]), (&json!("read"), &Value::Null));
    assert_eq!(client[0]["lastUsed"], Value::Null);

    faultline.stack.inbox().send(samples.text("inbox-keyed.txt")).await.unwrap();
    assert_eq!(faultline.process().await, 0);
    assert_eq!(named(&listed(&faultline, "project=shop").await, "client")[0]["lastUsed"], "2026-11-02");
}
