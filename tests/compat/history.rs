//! Histories: what people set on an error, and its history of changes and comments, are read.

use axum::body::Body;
use embedded::Engines;
use faultline_tests::{ADMIN, Faultline};
use http::Method;
use model::error::StatusChange;
use model::error::history::{Action, Actor, HistoryEntry};
use model::id::ProjectName;
use serde_json::{Value, json};
use server::system::Resources;
use store::clock::Clock;
use store::ports::{Errors, Projects};

use crate::Samples;

const PATH: &str = "/projects/shop/errors/m";

async fn post(faultline: &Faultline, release: &str) {
    faultline.clock.advance(40);
    let body = json!({ "errors": [{ "type": "E", "message": "m" }], "context": { "version": release } });
    faultline.post("shop", &body).await;
    assert_eq!(faultline.process().await, 0);
}

async fn call(faultline: &Faultline, method: Method, path: &str, body: Value) -> Value {
    faultline.clock.advance(40);
    let answer = faultline.call(method, path, ADMIN, body.to_string()).await;
    assert!(answer.status.is_success(), "{}", answer.body);
    answer.body["data"].clone()
}

#[tokio::test]
async fn status_assignee_and_history_are_read() {
    let faultline = Samples::of("history").restored().await;
    let error = faultline.get("/projects/shop/errors").await["errors"][0].clone();
    let set = ["status", "assignee", "resolution", "regression"].map(|key| error[key].clone());
    let resolution = json!({ "inNextRelease": true, "after": "shop@1.2.4" });
    let regression = json!({ "at": "2026-11-02T00:03:40+00:00", "release": "shop@1.2.3", "count": 1 });
    assert_eq!(json!(set), json!(["resolved", "Grace", resolution, regression]));
    let history = faultline.get(&format!("{PATH}/history")).await;
    let mut entries: Vec<_> = history["history"].as_array().unwrap().clone();
    for entry in &mut entries {
        for key in ["id", "at"] {
            assert!(entry.as_object_mut().unwrap().remove(key).unwrap().is_string());
        }
    }
    let (operator, occurrence) = (json!({ "kind": "operator" }), json!({ "kind": "occurrence" }));
    let ci = entries.last().unwrap()["by"].clone();
    assert_eq!((&ci["kind"], &ci["name"], ci["id"].as_str().unwrap().len()), (&json!("key"), &json!("ci"), 16));
    let hook = json!({ "kind": "hook", "service": "github", "user": "ada" });
    let expected = json!([
        { "what": "assigned", "assignee": "Grace", "by": operator },
        { "what": "resolved", "after": "shop@1.2.4", "by": operator },
        { "what": "unresolved", "by": hook },
        { "what": "comment_deleted", "by": operator },
        { "what": "commented", "text": "see <b>the cart</b>\n", "by": operator },
        { "what": "unassigned", "by": operator },
        { "what": "mute_ended", "release": "shop@1.2.4", "by": occurrence },
        { "what": "muted", "until": "2026-11-03T00:00:00+00:00", "untilCount": 3, "by": operator },
        { "what": "regressed", "release": "shop@1.2.3", "by": occurrence },
        { "what": "assigned", "assignee": "Ada <ada@example.org>", "by": ci },
        { "what": "resolved", "by": ci },
    ]);
    assert_eq!(json!(entries), expected);
}

#[tokio::test]
async fn the_resolution_still_holds() {
    let faultline = Samples::of("history").restored().await;
    faultline.clock.advance(3_600);
    post(&faultline, "shop@1.2.4").await;
    let status = async || faultline.get("/projects/shop/errors").await["errors"][0]["status"].clone();
    assert_eq!(status().await, "resolved", "the release is not newer");
    post(&faultline, "shop@1.3.0").await;
    assert_eq!(status().await, "unresolved");
    let history = faultline.get(&format!("{PATH}/history?limit=1")).await;
    assert_eq!(history["history"][0]["release"], "shop@1.3.0");
}

/// Writes an error that came back, is resolved in the next release and assigned, with a history entry of each kind.
pub(crate) async fn write(samples: &Samples) {
    let engines = Engines::memory().unwrap();
    let resources = Resources::make(&engines).await.unwrap();
    let faultline = Faultline::builder().engines(engines.clone()).start().await;
    call(&faultline, Method::POST, "/projects", json!({ "name": "shop" })).await;
    post(&faultline, "shop@1.2.3").await;
    let key = json!({ "role": "admin", "project": "shop", "name": "ci" });
    let key = call(&faultline, Method::POST, "/keys", key).await["key"]["key"].clone();
    let resolved = r#"{"status":"resolved","assignee":"Ada <ada@example.org>"}"#;
    faultline.call(Method::PATCH, PATH, key.as_str().unwrap(), resolved).await;
    post(&faultline, "shop@1.2.3").await;
    let mute = json!({ "status": "muted", "until": "2026-11-03T00:00:00Z", "occurrences": 1 });
    call(&faultline, Method::PATCH, PATH, mute).await;
    post(&faultline, "shop@1.2.4").await;
    call(&faultline, Method::PATCH, PATH, json!({ "assignee": null })).await;
    let comments = format!("{PATH}/comments");
    call(&faultline, Method::POST, &comments, json!({ "text": "see <b>the cart</b>\n" })).await;
    let comment =
        call(&faultline, Method::POST, &comments, json!({ "text": "a mistake" })).await["comment"]["id"].clone();
    let path = format!("{comments}/{}", comment.as_str().unwrap());
    faultline.clock.advance(40);
    faultline.call(Method::DELETE, &path, ADMIN, Body::empty()).await;
    let shop = resources.directory.by_name(&ProjectName::parse("shop").unwrap()).await.unwrap().unwrap();
    let error = Errors::get(&*resources.table, shop.id, &grouping::message_fingerprint("m")).await.unwrap().unwrap();
    faultline.clock.advance(40);
    let (change, now) = (StatusChange::Unresolved.into(), faultline.clock.now());
    let by = Actor::Hook { service: "github".to_owned(), user: Some("ada".to_owned()) };
    let entries = HistoryEntry::all(Action::of(&change, &error), &by, now, 7);
    resources.table.change(&error, &change, &entries, now).await.unwrap();
    let next = json!({ "status": "resolved", "inNextRelease": true, "assignee": "Grace" });
    call(&faultline, Method::PATCH, PATH, next).await;
    samples
        .write_items(&engines, |pk, sk, _| match (pk, sk) {
            (_, sk) if sk.starts_with("E#") => Some("error".to_owned()),
            (_, sk) if sk.starts_with("H#") => Some(format!("history-{}", &sk[sk.len() - 26..])),
            _ => None,
        })
        .await;
}
