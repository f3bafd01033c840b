//! Logs and traces of OpenTelemetry's exporters.

use std::io::Write;

use axum::body::Body;
use faultline_tests::{Answered, Faultline};
use http::{Method, Request};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{errors, only_event, refused, send};

const JSON: (&str, &str) = ("content-type", "application/json");

fn text(key: &str, value: &str) -> Value {
    json!({ "key": key, "value": { "stringValue": value } })
}

fn exception(kind: &str, message: &str) -> Vec<Value> {
    let stack = format!(
        "{kind}: {message}\n    at total (/srv/shop/cart.js:14:74)\n    at run (/srv/shop/node_modules/x/index.js:5:1)"
    );
    vec![text("exception.type", kind), text("exception.message", message), text("exception.stacktrace", &stack)]
}

fn resource() -> Value {
    json!({ "attributes": [
        text("service.name", "shop"), text("service.version", "1.2.3"), text("deployment.environment.name", "production"),
        text("telemetry.sdk.language", "nodejs"), text("api.password", "hunter2"),
    ] })
}

fn record(severity: u64, attributes: Vec<Value>) -> Value {
    json!({ "timeUnixNano": "1793577630000000000", "severityNumber": severity, "body": { "stringValue": "could not total" },
        "traceId": "4ddce145e72db3e2ff26c2ab6b740ce6", "spanId": "b4cb85fc5bf429d9", "attributes": attributes })
}

fn logs(records: &[Value]) -> String {
    json!({ "resourceLogs": [{ "resource": resource(), "scopeLogs": [{ "scope": { "name": "shop.cart" }, "logRecords": records }] }] }).to_string()
}

fn traces(events: &[Value]) -> String {
    let span = json!({ "traceId": "4ddce145e72db3e2ff26c2ab6b740ce6", "spanId": "b4cb85fc5bf429d9", "name": "POST /carts/:id/total", "kind": 2,
        "status": { "code": 2 }, "events": events });
    json!({ "resourceSpans": [{ "resource": resource(), "scopeSpans": [{ "spans": [span] }] }] }).to_string()
}

fn event(kind: &str, message: &str) -> Value {
    json!({ "timeUnixNano": "1793577630004000000", "name": "exception", "attributes": exception(kind, message) })
}

async fn post(faultline: &Faultline, path: &str, body: impl Into<Body>) -> Answered {
    send(faultline, path, &[JSON, ("x-api-key", faultline.client_key())], body).await
}

/// An exception that is in a log and in its span, each sent again after a lost answer, is counted once.
#[tokio::test]
async fn an_exception_is_counted_once_however_it_is_sent() {
    let faultline = Faultline::new().await;
    let bearer = format!("Bearer {}", faultline.client_key());
    for _ in 0..2 {
        for (path, body) in [
            ("/v1/logs", logs(&[record(9, vec![]), record(17, exception("CartError", "no total"))])),
            ("/otlp/v1/logs", logs(&[record(17, exception("CartError", "no total"))])),
            ("/v1/traces", traces(&[event("shop.CartError", "no total")])),
            ("/prod/otlp/v1/traces/", traces(&[event("CartError", "no total")])),
        ] {
            let answer = send(&faultline, path, &[JSON, ("authorization", &bearer)], body).await;
            assert_eq!((answer.status.as_u16(), &answer.body), (200, &json!({})), "{path}");
            assert_eq!(faultline.process().await, 0);
        }
    }
    assert_eq!(errors(&faultline).await, [("CartError".to_owned(), "no total".to_owned(), 1)]);
}

#[tokio::test]
async fn an_exception_reads_back_without_its_secrets() {
    let faultline = Faultline::new().await;
    let mut attributes = exception("CartError", "no total");
    attributes.push(text("db.password", "hunter3"));
    post(&faultline, "/v1/logs", logs(&[record(17, attributes)])).await;
    let event = only_event(&faultline).await;
    assert_eq!(
        (&event["source"], &event["platform"], &event["logger"]),
        (&json!("otlp"), &json!("node"), &json!("shop.cart"))
    );
    assert_eq!(
        (&event["release"], &event["environment"], &event["tags"]["service"]),
        (&json!("1.2.3"), &json!("production"), &json!("shop"))
    );
    let frames = &event["exceptions"][0]["stacktrace"]["frames"];
    assert_eq!(
        (&frames[1]["filename"], &frames[1]["function"], &frames[1]["lineno"]),
        (&json!("/srv/shop/cart.js"), &json!("total"), &json!(14))
    );
    assert_eq!(event["traceId"], "4ddce145e72db3e2ff26c2ab6b740ce6");
    assert!(!event.to_string().contains("hunter"), "{event}");
}

/// Protobuf is answered as protobuf, also when it is refused, and may be compressed.
#[tokio::test]
async fn protobuf_is_answered_as_protobuf() {
    let faultline = Faultline::new().await;
    let field = |number: u8, bytes: &[u8]| [&[number << 3 | 2, bytes.len() as u8], bytes].concat();
    let log = [&[16, 17][..], &field(5, &field(1, b"plain error"))].concat();
    let request = field(1, &field(2, &field(2, &log)));
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&request).unwrap();
    let ask = async |key: &str, body: Vec<u8>| {
        let request = Request::builder().method(Method::POST).uri("/v1/logs").header("x-api-key", key);
        let request = request.header("content-type", "application/x-protobuf").header("content-encoding", "gzip");
        let (parts, body) =
            faultline.stack.front().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap().into_parts();
        assert_eq!(parts.headers["content-type"], "application/x-protobuf");
        (parts.status.as_u16(), body.collect().await.unwrap().to_bytes().to_vec())
    };
    let key = faultline.client_key().to_owned();
    assert_eq!(ask(&key, gzip.finish().unwrap()).await, (200, Vec::new()));
    let (status, body) = ask("wrong", Vec::new()).await;
    assert!(
        status == 403 && body[0] == 18 && String::from_utf8_lossy(&body).contains("the key is unknown"),
        "{body:?}"
    );
    let (status, body) = ask(&key, b"no protobuf".to_vec()).await;
    assert!(status == 400 && String::from_utf8_lossy(&body).contains("protobuf"), "{body:?}");
    assert_eq!(errors(&faultline).await, [(String::new(), "plain error".to_owned(), 1)]);
}

/// An error that cannot be stored is counted and reported, and is not sent again. Other records cost nothing.
#[tokio::test]
async fn a_batch_may_be_stored_in_part() {
    let faultline = Faultline::new().await;
    let large = text("large", &"x".repeat(2 << 20));
    let answer =
        post(&faultline, "/v1/logs", logs(&[record(9, vec![]), record(17, vec![large]), record(21, vec![])])).await;
    assert_eq!((answer.status.as_u16(), &answer.body["partialSuccess"]["rejectedLogRecords"]), (200, &json!("1")));
    assert_eq!(refused(&faultline).await, json!({ "item_too_large": 1 }));
    assert_eq!(errors(&faultline).await.len(), 1);

    let nothing = Faultline::new().await;
    for (path, body) in [
        ("/v1/logs", logs(&[record(9, vec![])])),
        ("/v1/logs", "{}".to_owned()),
        ("/v1/traces", traces(&[]).replace("\"code\":2", "\"code\":1")),
    ] {
        assert_eq!(post(&nothing, path, body).await.status.as_u16(), 200, "{path}");
    }
    assert_eq!(post(&nothing, "/v1/metrics", "{}").await.status.as_u16(), 200);
    assert_eq!(refused(&nothing).await, json!({ "item_not_stored": 1 }));
    assert_eq!(nothing.take_inbox().await, Vec::<String>::new(), "nothing is queued");
}

/// Refusals name their reason, and a limit says when to send again.
#[tokio::test]
async fn batches_are_refused_by_name() {
    let faultline = Faultline::new().await;
    for (headers, body, status, reason) in [
        (vec![JSON], "{}", 401, "key_missing"),
        (vec![JSON, ("x-api-key", "wrong")], "{}", 403, "key_unknown"),
        (vec![JSON, ("x-api-key", faultline.client_key())], "no JSON", 400, "body_not_json"),
        (vec![JSON, ("x-api-key", faultline_tests::ADMIN)], "{}", 403, "key_project"),
    ] {
        let answer = send(&faultline, "/v1/logs", &headers, body).await;
        assert_eq!((answer.status.as_u16(), &answer.body["error"]), (status, &json!(reason)));
        assert!(answer.body["message"].is_string());
    }
    let limits = json!({ "limits": { "perMinute": 1 } }).to_string();
    faultline.call(Method::PATCH, "/projects/sample", faultline_tests::ADMIN, limits).await;
    faultline.clock.advance(20);
    assert_eq!(post(&faultline, "/v1/logs", logs(&[record(17, vec![])])).await.status.as_u16(), 200);
    let answer = post(&faultline, "/v1/logs", logs(&[record(21, vec![])])).await;
    assert_eq!((answer.status.as_u16(), answer.headers["retry-after"].to_str().unwrap()), (429, "40"));
}
