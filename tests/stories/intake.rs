//! Requests as clients really send them are accepted, and what is not stored costs nothing.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::{Body, Bytes};
use faultline_tests::{Answered, Faultline};
use futures_util::stream::{self, StreamExt};
use http::Request;
use http_body::Frame;
use http_body_util::StreamBody;
use serde_json::{Value, json};

use crate::attachments;

const ID: &str = "fc6d8c0c43fc4630ad850ee518f1b9d0";
const MIB: usize = 1 << 20;

async fn send(faultline: &Faultline, path: &str, body: impl Into<Body>) -> Answered {
    let key = faultline.client_key();
    let join = if path.contains('?') { '&' } else { '?' };
    let request = Request::post(format!("{path}{join}sentry_key={key}")).body(body.into()).unwrap();
    faultline.send(request).await
}

async fn counts(faultline: &Faultline) -> Vec<(String, u64)> {
    assert_eq!(faultline.process().await, 0);
    faultline.counts().await.into_iter().collect()
}

/// A body that arrives in pieces, and counts the bytes that were read.
fn counted(first: Vec<u8>, mib: usize, read: &Arc<AtomicUsize>) -> Body {
    let read = read.clone();
    let pieces = stream::iter([Bytes::from(first)]).chain(stream::repeat(Bytes::from(vec![b'x'; MIB])).take(mib));
    let pieces = pieces.map(move |piece| {
        read.fetch_add(piece.len(), Ordering::Relaxed);
        Ok::<_, Infallible>(Frame::data(piece))
    });
    Body::new(StreamBody::new(pieces))
}

/// An attachment of 60 MiB costs neither the event nor memory.
#[tokio::test]
async fn an_attachment_of_any_size_does_not_cost_the_event() {
    let faultline = Faultline::new().await;
    let attachment = format!("{{\"type\":\"attachment\",\"length\":{}}}\n", 60 * MIB);
    let event = "{\"type\":\"event\"}\n{\"message\":\"m\"}\n";
    let head = format!("{{\"event_id\":\"{ID}\"}}\n{event}{attachment}");
    let answer = send(&faultline, "/api/1/envelope/", counted(head.into_bytes(), 60, &Arc::default())).await;
    assert_eq!((answer.status.as_u16(), &answer.body), (200, &json!({ "id": ID })));
    assert!(answer.headers.get("x-sentry-rate-limits").is_none());
    // A truncated attachment, or one beyond the maximum that is read, does not cost the event either.
    for mib in [3, 250] {
        let head = format!("{{}}\n{event}{{\"type\":\"attachment\",\"length\":{}}}\n", 250 * MIB);
        let answer = send(&faultline, "/api/1/envelope/", counted(head.into_bytes(), mib, &Arc::default())).await;
        assert_eq!(answer.status.as_u16(), 200, "{}", answer.body);
    }
    assert_eq!(counts(&faultline).await, [("m".to_owned(), 3)]);
}

/// Without a valid key, only as much is read as may contain one.
#[tokio::test]
async fn nothing_is_unpacked_without_a_valid_key() {
    let faultline = Faultline::new().await;
    let ask = async |path: &str, first: &str| {
        let read = Arc::default();
        let request = Request::post(path).header("expect", "100-continue");
        let answer = faultline.send(request.body(counted(first.into(), 20, &read)).unwrap()).await;
        (answer.status.as_u16(), read.load(Ordering::Relaxed))
    };
    for path in ["/api/1/store/", "/api/1/security/", "/api/1/minidump/", "/api/1/nel/", "/projects/sample/errors"] {
        assert_eq!(ask(path, "{").await, (401, 0), "{path}");
    }
    for (path, first) in
        [("/api/1/envelope/", "{\"a\":["), ("/tunnel", "{}\n"), ("/tunnel", "{\"dsn\":\"https://x@h/1\"}\n")]
    {
        let (status, read) = ask(path, first).await;
        // After a refusal, the rest of a body is read up to a bound and thrown away.
        assert!([401, 403].contains(&status) && read <= first.len() + 20 * MIB, "{path}: {status}, {read}");
    }
    assert_eq!(counts(&faultline).await, []);
}

/// Each event of an envelope is stored, with an id that is the same when the envelope is sent again.
#[tokio::test]
async fn several_events_of_an_envelope_are_stored() {
    let faultline = Faultline::new().await;
    let event = |message: &str| format!("{{\"type\":\"event\"}}\n{{\"message\":\"{message}\"}}\n");
    let body = format!("{{\"event_id\":\"{ID}\"}}\n{}{}{}", event("a"), event("b"), event("c"));
    for _ in 0..2 {
        let answer = send(&faultline, "/api/1/envelope/", body.clone()).await;
        assert_eq!((answer.status.as_u16(), &answer.body["id"]), (200, &json!(ID)));
    }
    assert_eq!(counts(&faultline).await, ["a", "b", "c"].map(|name| (name.to_owned(), 1)));
}

/// An event is stored if its JSON is complete.
#[tokio::test]
async fn json_is_accepted_as_clients_write_it() {
    let faultline = Faultline::new().await;
    let bodies: [&[u8]; 12] = [
        b"{\"message\":\"m\",\"extra\":{\"a\":\"x\x01\ny\"}}",
        br#"{"message":"m","extra":{"a":"\x41 \q"}}"#,
        br#"{"message":"m","extra":{"a":nan,"b":-inf,"c":1e400,"d":-Infinity}}"#,
        b"{\"message\":\"m\"}\0\0",
        b"\xef\xbb\xbf{\"message\":\"m\",}",
        b"{\"message\":\"m\",\"extra\":{\"a\":\"\xe9\"}}",
        br#"{"message":"m","extra":{"a":"\udc80"}}"#,
        br#"{"message":"m","level":"WARNING"}"#,
        br#"{"message":"m","timestamp":"2026-11-02 00:00:30 UTC"}"#,
        b"{\r\n  \"message\": \"m\"\r\n}\r\n",
        br#"{"message":"m","tags":{"0":["a","1"]}}"#,
        br#"{'message':"m"}"#,
    ];
    for body in &bodies[..11] {
        let answer = send(&faultline, "/api/1/store/", body.to_vec()).await;
        assert_eq!(answer.status.as_u16(), 200, "{}: {}", String::from_utf8_lossy(body), answer.body);
        let envelope = [b"{}\n{\"type\":\"event\"}\n".as_slice(), body, b"\n"].concat();
        let answer = send(&faultline, "/api/1/envelope/", envelope).await;
        assert_eq!(answer.status.as_u16(), 200, "{}: {}", String::from_utf8_lossy(body), answer.body);
    }
    assert_eq!(send(&faultline, "/api/1/store/", bodies[11].to_vec()).await.status.as_u16(), 400);
    assert_eq!(counts(&faultline).await, [("m".to_owned(), 22)]);
}

/// A crash becomes an event, with its dump as an attachment. A browser's report of a success does not.
#[tokio::test]
async fn crashes_and_network_reports_have_endpoints() {
    let faultline = Faultline::new().await;
    let nel =
        |kind: &str| format!(r#"[{{"type":"network-error","url":"https://shop.test/","body":{{"type":"{kind}"}}}}]"#);
    for kind in ["ok", "tcp.timed_out"] {
        assert_eq!(send(&faultline, "/api/1/nel/", nel(kind)).await.status.as_u16(), 200);
    }
    let form = "--x\r\nContent-Disposition: form-data; name=\"sentry\"\r\n\r\n{\"release\":\"shop@1\"}\r\n\
                --x\r\nContent-Disposition: form-data; name=\"upload_file_minidump\"; filename=\"a.dmp\"\r\n\r\nMDMP\r\n--x--\r\n";
    let request = Request::post(format!("/api/1/minidump/?sentry_key={}", faultline.client_key()))
        .header("content-type", "multipart/form-data; boundary=x");
    let answer = faultline.send(request.body(form.into()).unwrap()).await;
    assert_eq!((answer.status.as_u16(), answer.headers["content-type"].to_str().unwrap()), (200, "text/plain"));
    assert_eq!(attachments::keys(&faultline).await.len(), 1);
    assert_eq!(send(&faultline, "/api/1/minidump/", "").await.status.as_u16(), 400);
    for path in ["/api/1/unreal/x/", "/api/1/playstation/"] {
        let body = send(&faultline, path, "x").await.body;
        let message = body["message"].as_str().unwrap();
        assert!(
            body["error"] == "path_unknown" && message.contains("send it to /api/{number}/minidump/"),
            "{path}: {body}"
        );
    }
    assert_eq!(faultline.process().await, 0);
    let listed = faultline.get("/projects/sample/errors").await["errors"].clone();
    let mut types: Vec<_> = listed.as_array().unwrap().iter().map(|error| error["type"].clone()).collect();
    types.sort_by_key(Value::to_string);
    assert_eq!(types, [json!("Minidump"), json!("network-error")]);
}
