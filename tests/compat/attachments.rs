//! Attachments: a stored one is found and can be deleted, and a message that waits still has its own.

use axum::body::Body;
use embedded::Engines;
use faultline_tests::{ADMIN, Faultline};
use http::{Method, Request};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use server::system::stored_keys;
use tower::ServiceExt;

use crate::Samples;
use crate::write::CLIENT;

const STORED: &str = "fc6d8c0c43fc4630ad850ee518f1b9d0";
const WAITING: &str = "0a1b2c3d43fc4630ad850ee518f1b9d0";

/// The path of the occurrence of an event, and what the event says of its attachments.
async fn occurrence(faultline: &Faultline, event: &str) -> (String, Value) {
    let found = faultline.get(&format!("/projects/shop/occurrences/{event}")).await;
    let error = found["belongsTo"]["fingerprint"].as_str().unwrap();
    let id = found["error"]["reversedUnixtime"].as_str().unwrap();
    (format!("/projects/shop/errors/{error}/occurrences/{id}"), found["error"]["event"]["attachments"].clone())
}

async fn download(faultline: &Faultline, path: &str) -> Vec<u8> {
    let request = Request::get(path).header("x-api-key", ADMIN).body(Body::empty()).unwrap();
    let body = faultline.stack.front().oneshot(request).await.unwrap().into_body();
    body.collect().await.unwrap().to_bytes().to_vec()
}

#[tokio::test]
async fn an_attachment_is_read_and_deleted() {
    let samples = Samples::of("attachments");
    let faultline = samples.restored().await;
    faultline.stack.inbox().send(samples.text("inbox.txt")).await.unwrap();
    assert_eq!(faultline.process().await, 0);
    for (event, content) in [(STORED, "a stored file"), (WAITING, "a waiting file")] {
        let (path, attachments) = occurrence(&faultline, event).await;
        let described =
            json!({ "name": "a.log", "contentType": "text/plain", "type": "event.attachment", "size": content.len() });
        assert_eq!(
            attachments,
            json!([described, { "name": "b.bin", "size": 4_194_305, "discarded": "item_too_large" }])
        );
        assert_eq!(download(&faultline, &format!("{path}/attachments/0")).await, content.as_bytes());
    }
    let (path, _) = occurrence(&faultline, STORED).await;
    let error = path.split("/occurrences/").next().unwrap();
    assert_eq!(faultline.call(Method::DELETE, error, ADMIN, Body::empty()).await.status.as_u16(), 204);
    assert!(stored_keys(faultline.stack.engines(), "attachments/").await.unwrap().is_empty());
}

/// Writes an error with an event that has an attachment, and the message of another event, which waits.
pub(crate) async fn write(samples: &Samples) {
    let engines = Engines::memory().unwrap();
    let faultline = Faultline::builder().engines(engines.clone()).start().await;
    faultline.call(Method::POST, "/projects", ADMIN, r#"{"name":"shop"}"#).await;
    faultline.call(Method::PATCH, "/projects/shop", ADMIN, r#"{"retentionDays":365}"#).await;
    let key = json!({ "role": "client", "project": "shop", "name": CLIENT }).to_string();
    let made = faultline.call(Method::POST, "/keys", ADMIN, key).await;
    let key = made.body["data"]["key"]["key"].as_str().unwrap().to_owned();
    faultline.clock.advance(11);
    let send = async |event: &str, content: &str| {
        let payload = json!({ "event_id": event, "message": "with a file" });
        let file = json!({ "type": "attachment", "length": content.len(), "filename": "a.log",
            "content_type": "text/plain", "attachment_type": "event.attachment" });
        let large = json!({ "type": "attachment", "length": 4_194_305, "filename": "b.bin" });
        let body = format!(
            "{{\"event_id\":\"{event}\"}}\n{{\"type\":\"event\"}}\n{payload}\n{file}\n{content}\n{large}\n{}\n",
            "x".repeat(4_194_305)
        );
        let path = format!("/api/2/envelope/?sentry_key={key}");
        let answer = faultline.send(Request::post(path).body(body.into()).unwrap()).await;
        assert_eq!(answer.status.as_u16(), 200, "{}", answer.body);
    };
    send(STORED, "a stored file").await;
    assert_eq!(faultline.process().await, 0);
    send(WAITING, "a waiting file").await;
    samples.write("inbox.txt", &faultline.take_inbox().await.concat());
    samples
        .write_items(&engines, |pk, sk, _| match (pk, sk) {
            ("P#2", sk) if sk.starts_with("E#") => Some("error".to_owned()),
            (pk, sk) if pk.starts_with("E#2#") && sk.starts_with("T#") => Some("timeline".to_owned()),
            (pk, sk) if pk.starts_with("E#2#") && sk.starts_with("O#") => Some("reference".to_owned()),
            (pk, _) if pk.starts_with("D#2#") => Some("event".to_owned()),
            _ => None,
        })
        .await;
    for (number, key) in stored_keys(&engines, "attachments/").await.unwrap().iter().enumerate() {
        samples.write_object(&engines, &format!("file-{number}.base64"), key).await;
    }
}
