//! Keys: their hints, last uses and expiries are read, and the use of a key that a message names is recorded.

use axum::body::Body;
use embedded::Engines;
use faultline_tests::{ADMIN, Faultline};
use http::Method;
use model::id::{Key, ProjectName};
use serde_json::{Value, json};
use server::system::Resources;
use store::clock::Clock;
use store::ports::{KeyRecord, KeyRing, Projects, Role, Scope};

use crate::Samples;
use crate::write::{CLIENT, v1_body};

/// The rotated key, as long as the keys that faultline creates.
const OLD: &str = "0123456789abcdef0123456789abcdef";

async fn listed(faultline: &Faultline, query: &str) -> Vec<Value> {
    let answer = faultline.call(Method::GET, &format!("/keys?{query}"), ADMIN, Body::empty()).await;
    serde_json::from_value(answer.body["data"]["keys"].clone()).unwrap()
}

fn named<'a>(keys: &'a [Value], name: &str) -> Vec<&'a Value> {
    keys.iter().filter(|key| key["name"] == name).collect()
}

/// Reads a key's hint, last use and expiry, and the message header that records which key was used.
#[tokio::test]
async fn keys_are_read() {
    let samples = Samples::of("keys");
    let faultline = samples.restored().await;
    let keys = listed(&faultline, "project=shop").await;
    let (mut rotated, client) = (named(&keys, "sample"), named(&keys, "client"));
    rotated.sort_by_key(|key| key["expiresAt"].is_null());
    assert_eq!((keys.len(), rotated.len(), client.len()), (3, 2, 1), "{keys:?}");
    let old = ["hint", "role", "project", "lastUsed", "expiresAt"].map(|attribute| rotated[0][attribute].clone());
    assert_eq!(json!(old), json!(["0123", "read", "shop", "2026-11-02", "2026-11-03T00:01:00+00:00"]));
    assert_eq!((&rotated[1]["role"], &rotated[1]["lastUsed"]), (&json!("read"), &Value::Null));
    assert_eq!(client[0]["lastUsed"], Value::Null);

    faultline.stack.inbox().send(samples.text("inbox-keyed.txt")).await.unwrap();
    assert_eq!(faultline.process().await, 0);
    assert_eq!(named(&listed(&faultline, "project=shop").await, "client")[0]["lastUsed"], "2026-11-02");
}

/// A key that is too short for a hint is listed without one. A later use of it is recorded.
#[tokio::test]
async fn short_keys_are_read() {
    let faultline = Samples::of("basics").restored().await;
    for query in ["", "project=shop"] {
        let keys = listed(&faultline, query).await;
        let client = named(&keys, CLIENT)[0];
        let attributes = ["hint", "lastUsed", "project"].map(|attribute| client[attribute].clone());
        assert_eq!(json!(attributes), json!([null, "2026-11-02", "shop"]), "{query}");
    }
    faultline.clock.advance(24 * 60 * 60);
    let body = r#"{"errors":[{"message":"m"}]}"#;
    faultline.call(Method::POST, "/projects/shop/errors", CLIENT, body).await;
    assert_eq!(faultline.process().await, 0);
    let own = listed(&faultline, "project=shop").await;
    assert_eq!(named(&own, CLIENT)[0]["lastUsed"], "2026-11-03");
}

/// Writes keys of a project: one that was used and rotated, its successor, and one with which a message was sent.
pub(crate) async fn write(samples: &Samples) {
    let engines = Engines::memory().unwrap();
    let resources = Resources::make(&engines).await.unwrap();
    let faultline = Faultline::builder().engines(engines.clone()).start().await;
    faultline.call(Method::POST, "/projects", "admin-key", r#"{"name":"shop"}"#).await;
    let project = resources.directory.by_name(&ProjectName::parse("shop").unwrap()).await.unwrap().unwrap();
    let key = Key::parse(OLD).unwrap();
    let scope = Scope::Project(project.id, project.name.clone());
    let record = KeyRecord::new(&key, Role::Read, scope.clone(), "sample", faultline.clock.now());
    resources.directory.add(&key.hash(), &record).await.unwrap();
    faultline.call(Method::GET, "/projects", OLD, "").await;
    let rotated = key.hash().id();
    let path = format!("/keys/{rotated}/rotate");
    faultline.call(Method::POST, &path, "admin-key", r#"{"overlapHours":24}"#).await;

    let key = Key::parse(CLIENT).unwrap();
    let client = KeyRecord::new(&key, Role::Client, scope, "client", faultline.clock.now());
    resources.directory.add(&key.hash(), &client).await.unwrap();
    faultline.call(Method::POST, "/projects/shop/errors", CLIENT, v1_body("keyed").to_string()).await;
    samples.write("inbox-keyed.txt", &faultline.take_inbox().await.concat());
    samples
        .write_items(&engines, |pk, sk, item| match (pk, sk) {
            ("KEY", _) if item["name"]["S"] == "client" => Some("key-client".to_owned()),
            ("KEY", _) if item["name"]["S"] != "sample" => None,
            ("KEY", _) if item["expiresAt"].is_null() => Some("key-new".to_owned()),
            ("KEY", _) => Some("key-rotated".to_owned()),
            ("KEY_USE", id) if id == rotated.to_string() => Some("key-use".to_owned()),
            _ => None,
        })
        .await;
}
