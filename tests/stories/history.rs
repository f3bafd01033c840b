//! The history of an error: who did what, and comments.

use axum::body::Body;
use faultline_tests::{ADMIN, Answered, Faultline};
use http::Method;
use serde_json::{Value, json};

const PATH: &str = "/projects/sample/errors/m";

async fn another(faultline: &Faultline, release: &str) {
    faultline.clock.advance(10);
    let body = json!({ "errors": [{ "message": "m" }], "context": { "version": release } });
    faultline.post("sample", &body).await;
    assert_eq!(faultline.process().await, 0);
}

async fn patch(faultline: &Faultline, key: &str, body: Value) {
    faultline.clock.advance(10);
    let answer = faultline.call(Method::PATCH, PATH, key, body.to_string()).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.body);
}

async fn comment(faultline: &Faultline, text: &str) -> Answered {
    faultline.clock.advance(10);
    faultline.call(Method::POST, &format!("{PATH}/comments"), ADMIN, json!({ "text": text }).to_string()).await
}

async fn delete(faultline: &Faultline, path: &str) -> u16 {
    faultline.clock.advance(10);
    faultline.call(Method::DELETE, path, ADMIN, Body::empty()).await.status.as_u16()
}

/// Returns the whole history, read in pages of two.
async fn history(faultline: &Faultline) -> Vec<Value> {
    let (mut all, mut path) = (Vec::new(), format!("{PATH}/history?limit=2"));
    loop {
        let page = faultline.get(&path).await;
        all.extend(page["history"].as_array().unwrap().iter().cloned());
        match page["nextCursor"].as_str() {
            Some(next) => path = format!("{PATH}/history?limit=2&cursor={next}"),
            None => return all,
        }
    }
}

/// No secret is stored or logged (promise 5 in docs/src/internals/promises.md): an actor is named by the name of the
/// key, and the key is not shown.
#[tokio::test]
async fn a_history_says_who_did_what_newest_first() {
    let faultline = Faultline::new().await;
    let key = json!({ "role": "admin", "project": "sample", "name": "ci" }).to_string();
    let key = faultline.call(Method::POST, "/keys", ADMIN, key).await.body["data"]["key"].clone();
    let ci = key["key"].as_str().unwrap();
    another(&faultline, "1.0").await;
    assert_eq!(history(&faultline).await, [json!(null); 0], "occurrences are not part of it");
    patch(&faultline, ci, json!({ "status": "resolved", "inNextRelease": true, "assignee": "Ada" })).await;
    another(&faultline, "1.0").await;
    another(&faultline, "1.1").await;
    patch(&faultline, ADMIN, json!({ "status": "muted", "occurrences": 1, "assignee": "Ada" })).await;
    another(&faultline, "1.2").await;
    patch(&faultline, ADMIN, json!({ "assignee": null })).await;
    assert_eq!(comment(&faultline, "looks like <b>cart</b>").await.status.as_u16(), 201);

    let (operator, occurrence) = (json!({ "kind": "operator" }), json!({ "kind": "occurrence" }));
    let ci = json!({ "kind": "key", "id": key["id"], "name": "ci" });
    let expected = [
        (&operator, json!({ "what": "commented", "text": "looks like <b>cart</b>" })),
        (&operator, json!({ "what": "unassigned" })),
        (&occurrence, json!({ "what": "mute_ended", "release": "1.2" })),
        (&operator, json!({ "what": "muted", "untilCount": 4 })),
        (&occurrence, json!({ "what": "regressed", "release": "1.1" })),
        (&ci, json!({ "what": "assigned", "assignee": "Ada" })),
        (&ci, json!({ "what": "resolved", "after": "1.0" })),
    ];
    let entries = history(&faultline).await;
    assert_eq!(entries.len(), expected.len(), "{entries:?}");
    for (entries, (by, what)) in entries.iter().zip(expected) {
        assert_eq!(&entries["by"], by, "{entries}");
        let mut shown = entries.clone();
        for key in ["id", "at", "by"] {
            assert!(!shown.as_object_mut().unwrap().remove(key).unwrap().is_null());
        }
        assert_eq!(shown, what);
    }
    assert!(entries.is_sorted_by(|newer, older| newer["at"].as_str() >= older["at"].as_str()));
    assert!(!json!(entries).to_string().contains(key["key"].as_str().unwrap()));
}

#[tokio::test]
async fn a_deleted_comment_leaves_an_entry() {
    let faultline = Faultline::new().await;
    another(&faultline, "1.0").await;
    let id = |answer: Answered| answer.body["data"]["comment"]["id"].as_str().unwrap().to_owned();
    let (one, _) = (id(comment(&faultline, "one").await), id(comment(&faultline, "two").await));
    assert_eq!(delete(&faultline, &format!("{PATH}/comments/{one}")).await, 204);
    let entries: Vec<_> =
        history(&faultline).await.iter().map(|entry| (entry["what"].clone(), entry["text"].clone())).collect();
    assert_eq!(entries, [(json!("comment_deleted"), Value::Null), (json!("commented"), json!("two"))]);
    patch(&faultline, ADMIN, json!({ "status": "resolved" })).await;
    let resolved = history(&faultline).await[0]["id"].as_str().unwrap().to_owned();
    for unknown in [one.as_str(), resolved.as_str(), "x"] {
        assert_eq!(delete(&faultline, &format!("{PATH}/comments/{unknown}")).await, 404, "{unknown}");
    }
    assert_eq!(history(&faultline).await.len(), 3, "only comments can be deleted");
    for text in [String::new(), "é".repeat(5_001)] {
        let answer = comment(&faultline, &text).await;
        assert_eq!((answer.status.as_u16(), &answer.body["errors"][0]["path"]), (400, &json!(["text"])));
    }
    let none = faultline.call(Method::POST, "/projects/sample/errors/no/comments", ADMIN, r#"{"text":"a"}"#).await;
    assert_eq!(none.body["error"], "error_unknown");
}

/// Deleting an error deletes its history. If the error occurs again, it starts without one.
#[tokio::test]
async fn a_history_is_deleted_with_its_error() {
    let faultline = Faultline::new().await;
    another(&faultline, "1.0").await;
    comment(&faultline, "a word of it").await;
    let kept = async || {
        let items = faultline_tests::raw::items(faultline.stack.engines()).await;
        items.iter().filter(|item| item["sk"]["S"].as_str().unwrap().starts_with("H#")).count()
    };
    assert_eq!(kept().await, 1);
    assert_eq!(delete(&faultline, PATH).await, 204);
    assert_eq!(kept().await, 0);
    another(&faultline, "1.0").await;
    assert_eq!(history(&faultline).await, [json!(null); 0]);
}
