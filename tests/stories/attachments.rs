//! Files that SDKs send with events.

use axum::body::{Body, Bytes};
use faultline_tests::{ADMIN, Answered, Faultline};
use http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, Method, Request};
use http_body_util::BodyExt;
use model::id::{AttachmentFolder, EventId, ProjectId};
use model::occurrence::Attachment;
use serde_json::{Value, json};
use server::system::{Resources, stored_keys};
use store::ports::Attachments;
use tower::ServiceExt;

use crate::browser::{Browser, key};

const EVENT: &str = "fc6d8c0c43fc4630ad850ee518f1b9d0";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\xff not really";

/// An envelope that is being written.
pub(crate) struct Envelope(Vec<u8>);

impl Envelope {
    pub(crate) fn of_event(id: &str) -> Self {
        let event =
            json!({ "event_id": id, "exception": { "values": [{ "type": "RangeError", "value": "no cart" }] } });
        Self(format!("{{\"event_id\":\"{id}\"}}\n{{\"type\":\"event\"}}\n{event}\n").into_bytes())
    }

    pub(crate) fn file(mut self, name: &str, content_type: &str, content: &[u8]) -> Self {
        let head = json!({
            "type": "attachment", "length": content.len(), "filename": name, "content_type": content_type,
            "attachment_type": "event.attachment",
        });
        self.0.extend_from_slice(format!("{head}\n").as_bytes());
        self.0.extend_from_slice(content);
        self.0.push(b'\n');
        self
    }

    pub(crate) async fn send(&self, faultline: &Faultline) -> Answered {
        let path = format!("/api/1/envelope/?sentry_key={}&sentry_version=7", faultline.client_key());
        let answer = faultline.send(Request::post(path).body(self.0.clone().into()).unwrap()).await;
        assert_eq!(answer.status.as_u16(), 200, "{}", answer.body);
        answer
    }
}

pub(crate) async fn keys(faultline: &Faultline) -> Vec<String> {
    stored_keys(faultline.stack.engines(), "attachments/").await.unwrap()
}

/// The occurrence of an event: its path, and its attachments.
pub(crate) async fn occurrence(faultline: &Faultline, event: &str) -> (String, Vec<Value>) {
    let found = faultline.get(&format!("/projects/sample/occurrences/{event}")).await;
    let (fingerprint, id) = (&found["belongsTo"]["fingerprint"], &found["error"]["reversedUnixtime"]);
    let path =
        format!("/projects/sample/errors/{}/occurrences/{}", fingerprint.as_str().unwrap(), id.as_str().unwrap());
    (path, found["error"]["event"]["attachments"].as_array().cloned().unwrap_or_default())
}

pub(crate) async fn download(faultline: &Faultline, key: &str, path: &str) -> (u16, HeaderMap, Vec<u8>) {
    let request = Request::get(path).header("x-api-key", key).body(Body::empty()).unwrap();
    let (parts, body) = faultline.stack.front().oneshot(request).await.unwrap().into_parts();
    (parts.status.as_u16(), parts.headers, body.collect().await.unwrap().to_bytes().to_vec())
}

/// Each file is listed with its event, and comes back as it was sent, in a form in which no browser runs it.
#[tokio::test]
async fn files_come_back_as_they_were_sent() {
    let faultline = Faultline::new().await;
    let answer = Envelope::of_event(EVENT)
        .file("screenshot.png", "image/png", PNG)
        .file("app.log", "text/plain", b"one\ntwo\n")
        .file("page.html", "text/html", b"<script>alert(1)</script>")
        .file("empty.txt", "text/plain", b"")
        .send(&faultline)
        .await;
    assert!(answer.headers.get("x-sentry-rate-limits").is_none(), "attachments are not switched off");
    assert_eq!(keys(&faultline).await.len(), 4, "they are durable when the answer says so");
    assert_eq!(faultline.process().await, 0);

    let (path, listed) = occurrence(&faultline, EVENT).await;
    let first =
        json!({ "name": "screenshot.png", "contentType": "image/png", "type": "event.attachment", "size": PNG.len() });
    assert_eq!((listed.len(), &listed[0]), (4, &first));
    let text = "text/plain; charset=utf-8";
    let expected = [
        ("image/png", "screenshot.png", PNG),
        (text, "app.log", b"one\ntwo\n"),
        ("application/octet-stream", "page.html", b"<script>alert(1)</script>"),
        (text, "empty.txt", b""),
    ];
    for (number, (kind, name, content)) in expected.into_iter().enumerate() {
        let (status, headers, body) = download(&faultline, ADMIN, &format!("{path}/attachments/{number}")).await;
        assert_eq!((status, &headers[CONTENT_TYPE], body.as_slice()), (200, &kind.parse().unwrap(), content));
        let disposition = headers[CONTENT_DISPOSITION].to_str().unwrap();
        assert!(disposition.starts_with(&format!("attachment; filename=\"{name}\"")), "{disposition}");
        assert_eq!(headers[X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert_eq!(headers[CONTENT_SECURITY_POLICY], "default-src 'none'; sandbox");
    }
    assert_eq!(download(&faultline, ADMIN, &format!("{path}/attachments/1?first=3")).await.2, b"one");
    assert_eq!(download(&faultline, ADMIN, &format!("{path}/attachments/3?first=3")).await.2, b"");
    for (part, status, reason) in [
        ("4", 404, "attachment_unknown"),
        ("x", 404, "attachment_unknown"),
        ("-1", 404, "attachment_unknown"),
        ("1?first=0", 400, "parameter_invalid"),
    ] {
        let (found, _, body) = download(&faultline, ADMIN, &format!("{path}/attachments/{part}")).await;
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((found, &body["error"]), (status, &json!(reason)), "{part}");
    }
}

/// An attachment over a limit costs neither its event nor the others, and the occurrence says why it is missing.
#[tokio::test]
async fn an_attachment_over_a_limit_has_a_reason() {
    let faultline = Faultline::new().await;
    let mut envelope =
        Envelope::of_event(EVENT).file("large.bin", "", &vec![7; Attachment::MAX_SIZE + 1]).file("a.txt", "", b"a");
    for number in 2..Attachment::MAX_STORED + 2 {
        envelope = envelope.file(&format!("{number}.txt"), "text/plain", b"x");
    }
    let answer = envelope.send(&faultline).await;
    assert!(answer.headers.get("x-sentry-rate-limits").is_none());
    assert_eq!(faultline.process().await, 0);
    let (path, listed) = occurrence(&faultline, EVENT).await;
    let lost: Vec<_> = listed.iter().map(|file| file["discarded"].as_str()).collect();
    assert_eq!(lost[..3], [Some("item_too_large"), None, None]);
    assert_eq!(lost[Attachment::MAX_STORED - 1..], [None, Some("attachments_too_many"), Some("attachments_too_many")]);
    let (status, _, body) = download(&faultline, ADMIN, &format!("{path}/attachments/0")).await;
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((status, &body["error"]), (410, &json!("attachment_gone")));
    assert!(body["message"].as_str().unwrap().contains("larger than 4 MiB"), "{body}");

    let browser = Browser::signed_in(&faultline, ADMIN).await;
    let page = browser.open(&path).await.text;
    assert!(page.contains("large.bin") && page.contains("Not stored: larger than 4 MiB."), "{page}");
}

/// A project can do without attachments: they are discarded, and SDKs are asked not to send them.
#[tokio::test]
async fn a_project_may_discard_attachments() {
    let faultline = Faultline::new().await;
    let change = json!({ "attachments": "discard" }).to_string();
    let changed = faultline.call(Method::PATCH, "/projects/sample", ADMIN, change).await;
    assert_eq!(changed.body["data"]["project"]["attachments"], "discard", "{}", changed.body);
    faultline.clock.advance(11);
    let answer = Envelope::of_event(EVENT).file("a.txt", "text/plain", b"a").send(&faultline).await;
    assert_eq!(answer.headers["x-sentry-rate-limits"], "3600:attachment:organization");
    assert_eq!(faultline.process().await, 0);
    let (_, listed) = occurrence(&faultline, EVENT).await;
    assert_eq!(listed[0]["discarded"], "attachments_not_allowed");
    assert!(keys(&faultline).await.is_empty());
}

/// Attachments belong to an event of the same envelope. Without one there is nothing that would show or delete them.
#[tokio::test]
async fn attachments_without_an_event_are_not_stored() {
    let faultline = Faultline::new().await;
    for items in ["", "{\"type\":\"transaction\"}\n{}\n", "{\"type\":\"user_report\"}\n{\"comments\":\"x\"}\n"] {
        Envelope(format!("{{\"event_id\":\"{EVENT}\"}}\n{items}").into_bytes())
            .file("a.txt", "text/plain", b"a")
            .send(&faultline)
            .await;
        assert_eq!(faultline.process().await, 0);
        assert!(keys(&faultline).await.is_empty(), "{items}");
    }
}

/// The screenshot of user feedback belongs to the feedback.
#[tokio::test]
async fn feedback_has_its_screenshot() {
    let faultline = Faultline::new().await;
    let feedback = json!({ "event_id": EVENT, "type": "feedback", "contexts": { "feedback": { "message": "look" } } });
    let items = format!("{{\"event_id\":\"{EVENT}\"}}\n{{\"type\":\"feedback\"}}\n{feedback}\n");
    Envelope(items.into_bytes()).file("screenshot.png", "image/png", PNG).send(&faultline).await;
    assert_eq!(faultline.process().await, 0);
    let (path, listed) = occurrence(&faultline, EVENT).await;
    assert_eq!(listed.len(), 1);
    assert_eq!(download(&faultline, ADMIN, &format!("{path}/attachments/0")).await.2, PNG);
}

/// The page shows images and the beginning of texts, whatever is in them. Anyone who may read the project may download, with
/// a key or signed in.
#[tokio::test]
async fn a_page_shows_images_and_texts() {
    let faultline = Faultline::new().await;
    let long = format!("<img src=x onerror=alert(1)>{}", "y".repeat(20_000));
    Envelope::of_event(EVENT)
        .file("\"><script>alert(2)</script>.png", "image/png", PNG)
        .file("app.log", "text/plain", long.as_bytes())
        .file("raw.bin", "application/octet-stream", &[0xff, 0xfe])
        .file("latin.txt", "text/plain", b"caf\xe9")
        .send(&faultline)
        .await;
    assert_eq!(faultline.process().await, 0);
    let (path, _) = occurrence(&faultline, EVENT).await;
    let file = format!("/pages{path}/attachments/0");

    faultline.call(Method::POST, "/projects", ADMIN, r#"{"name":"other"}"#).await;
    let (reader, _) = key(&faultline, "read", json!("sample")).await;
    let (stranger, _) = key(&faultline, "read", json!("other")).await;
    assert_eq!(Browser::new(&faultline).open(&file).await.status, 303);
    let stranger = Browser::signed_in(&faultline, &stranger).await;
    assert_eq!(stranger.open(&file).await.status, 403);
    let browser = Browser::signed_in(&faultline, &reader).await;
    let page = browser.open(&path).await.text;
    assert!(page.contains(&format!("<img src=\"{file}\"")), "{page}");
    assert!(!page.contains("<script>alert") && !page.contains("<img src=x"), "{page}");
    assert!(page.contains("&#60;img src=x onerror=alert(1)&#62;yyy"), "{page}");
    assert!(page.contains(&format!("… ({} more bytes)", long.len() - 8_192)) && page.contains("caf\u{fffd}"), "{page}");
    let seen = browser.open(&file).await;
    assert_eq!((seen.status, &seen.headers[CONTENT_TYPE]), (200, &"image/png".parse().unwrap()));
    assert_eq!(seen.headers[CONTENT_SECURITY_POLICY], "default-src 'none'; sandbox");
    let gone = browser.open(&format!("/pages{path}/attachments/9")).await;
    assert_eq!(gone.status, 404);
    assert!(gone.text.contains("use a number from 0 to 3"), "{}", gone.text);
}

/// An event that is sent again is counted once, and cannot change what is stored.
#[tokio::test]
async fn an_event_that_is_sent_again_changes_no_file() {
    let faultline = Faultline::new().await;
    for content in ["first", "second"] {
        Envelope::of_event(EVENT).file("a.txt", "text/plain", content.as_bytes()).send(&faultline).await;
        assert_eq!(faultline.process().await, 0);
    }
    assert_eq!(faultline.counts().await["no cart"], 1);
    let (path, listed) = occurrence(&faultline, EVENT).await;
    assert_eq!(listed[0]["size"], 5);
    assert_eq!(download(&faultline, ADMIN, &format!("{path}/attachments/0")).await.2, b"first");
}

/// Files are deleted with their error. If the error occurs again, it has the files of its new events only.
#[tokio::test]
async fn files_are_deleted_with_their_error() {
    let faultline = Faultline::new().await;
    let other = "0a1b2c3d43fc4630ad850ee518f1b9d0";
    let event = json!({ "event_id": other, "message": "kept" });
    let kept = format!("{{\"event_id\":\"{other}\"}}\n{{\"type\":\"event\"}}\n{event}\n");
    Envelope(kept.into_bytes()).file("b.txt", "text/plain", b"b").send(&faultline).await;
    // More than one request deletes.
    for number in 0..60 {
        let id = format!("{number:032x}");
        Envelope::of_event(&id).file("a.txt", "", b"a").file("c.png", "image/png", PNG).send(&faultline).await;
        if number % 25 == 0 {
            assert_eq!(faultline.process().await, 0);
        }
    }
    assert_eq!(faultline.process().await, 0);
    assert_eq!(keys(&faultline).await.len(), 121);
    let listed = faultline.get("/projects/sample/errors").await["errors"].as_array().unwrap().clone();
    let gone = listed.iter().find(|error| error["type"] == "RangeError").unwrap();
    let path = format!("/projects/sample/errors/{}", gone["fingerprint"].as_str().unwrap());
    let answer = faultline.call(Method::DELETE, &path, ADMIN, Body::empty()).await;
    assert_eq!(answer.status.as_u16(), 204, "{}", answer.body);
    let left = keys(&faultline).await;
    assert_eq!(left, [format!("attachments/v=1/project=1/event={other}/0")]);
    let (path, _) = occurrence(&faultline, other).await;
    assert_eq!(download(&faultline, ADMIN, &format!("{path}/attachments/0")).await.2, b"b");
}

/// Files are deleted with their project, also those of an event that is processed only after the deletion.
#[tokio::test]
async fn files_are_deleted_with_their_project() {
    let faultline = Faultline::new().await;
    Envelope::of_event(EVENT).file("a.txt", "text/plain", b"a").send(&faultline).await;
    assert_eq!(faultline.process().await, 0);
    let waiting = Envelope::of_event("0a1b2c3d43fc4630ad850ee518f1b9d0").file("b.txt", "text/plain", b"b");
    waiting.send(&faultline).await;
    let text = faultline.take_inbox().await.remove(0);
    let answer = faultline.call(Method::DELETE, "/projects/sample", ADMIN, Body::empty()).await;
    assert_eq!(answer.status.as_u16(), 204, "{}", answer.body);
    assert!(keys(&faultline).await.is_empty());

    // In AWS, ingest knows its keys and projects for a few seconds longer.
    let bucket = Resources::make(faultline.stack.engines()).await.unwrap().bucket;
    let event = EventId::parse("0a1b2c3d43fc4630ad850ee518f1b9d0").unwrap();
    let folder = AttachmentFolder { project: ProjectId::new(1).unwrap(), retention: None, event };
    bucket.put_attachment(&folder, 0, Bytes::from_static(b"b")).await.unwrap();
    assert_eq!(keys(&faultline).await.len(), 1);
    faultline.stack.inbox().send(text).await.unwrap();
    faultline.clock.advance(6);
    assert_eq!(faultline.process().await, 0);
    assert!(keys(&faultline).await.is_empty());
}

/// An imported occurrence lists its files, which stay where they were.
#[tokio::test]
async fn an_imported_occurrence_has_no_files() {
    let faultline = Faultline::new().await;
    Envelope::of_event(EVENT).file("a.txt", "text/plain", b"a").send(&faultline).await;
    assert_eq!(faultline.process().await, 0);
    let exported = faultline.get(&format!("/projects/sample/occurrences/{EVENT}")).await["error"]["event"].clone();
    faultline.call(Method::POST, "/projects", ADMIN, r#"{"name":"other"}"#).await;
    let body = json!({ "occurrences": [exported] }).to_string();
    let imported = faultline.call(Method::POST, "/projects/other/occurrences", ADMIN, body).await;
    assert_eq!(imported.status.as_u16(), 201, "{}", imported.body);
    assert_eq!(faultline.process().await, 0);
    let found = faultline.get(&format!("/projects/other/occurrences/{EVENT}")).await;
    assert_eq!(found["error"]["event"]["attachments"][0]["discarded"], "item_not_stored");
}
