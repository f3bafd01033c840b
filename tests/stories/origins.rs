//! A project accepts events from the web pages that it allows, and from everything that is not a web page.

use axum::body::Body;
use faultline_tests::{ADMIN, Answered, Faultline};
use http::{Method, Request};
use serde_json::json;

/// Seconds after which ingest reads the settings again, plus one.
const READ_AGAIN: i64 = 11;

async fn allow(faultline: &Faultline, origins: serde_json::Value) {
    let body = json!({ "allowedOrigins": origins }).to_string();
    let answer = faultline.call(Method::PATCH, "/projects/sample", ADMIN, body).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.body);
    faultline.clock.advance(READ_AGAIN);
}

/// Sends an event in this way, with a page's `Origin` or without one.
async fn send(faultline: &Faultline, way: &str, origin: Option<&str>) -> Answered {
    let key = faultline.client_key();
    let event = r#"{"message":"m"}"#;
    let report = r#"{"csp-report":{"document-uri":"https://a.example","effective-directive":"img-src"}}"#;
    let envelope = format!("{{}}\n{{\"type\":\"event\"}}\n{event}\n");
    let (path, body) = match way {
        "v1" => ("/projects/sample/errors".to_owned(), json!({ "errors": [{ "message": "m" }] }).to_string()),
        "store" => (format!("/api/1/store/?sentry_key={key}"), event.to_owned()),
        "legacy" => (format!("/api/store/?sentry_key={key}"), event.to_owned()),
        "security" => (format!("/api/1/security/?sentry_key={key}"), report.to_owned()),
        "rollbar" => ("/api/1/item/".to_owned(), r#"{"data":{"body":{"message":{"body":"m"}}}}"#.to_owned()),
        "airbrake" => (format!("/api/v3/projects/1/notices?key={key}"), r#"{"errors":[{"message":"m"}]}"#.to_owned()),
        "bugsnag" => ("/bugsnag/notify".to_owned(), r#"{"events":[{"exceptions":[{"errorClass":"E"}]}]}"#.to_owned()),
        "otlp" => {
            let record = json!({ "severityNumber": 17, "body": { "stringValue": format!("{origin:?}") } });
            let logs = json!({ "resourceLogs": [{ "scopeLogs": [{ "logRecords": [record] }] }] });
            ("/v1/logs".to_owned(), logs.to_string())
        }
        "tunnel" => {
            let dsn = format!("{{\"dsn\":\"https://{key}@errors.example/1\"}}");
            ("/tunnel".to_owned(), envelope.replacen("{}", &dsn, 1))
        }
        _ => (format!("/api/1/envelope/?sentry_key={key}"), envelope),
    };
    let request = Request::builder().method(Method::POST).uri(path).header("x-api-key", key);
    let request = request.header("x-rollbar-access-token", key).header("bugsnag-api-key", key);
    let request = if way == "otlp" { request.header("content-type", "application/json") } else { request };
    let request = origin.iter().fold(request, |request, origin| request.header("origin", *origin));
    faultline.send(request.body(Body::from(body)).unwrap()).await
}

const WAYS: [&str; 10] =
    ["v1", "envelope", "store", "legacy", "security", "tunnel", "rollbar", "airbrake", "bugsnag", "otlp"];

/// An event from a page that is not allowed is refused with a reason and counted, whichever way it is sent. Events from
/// an allowed page and from a server are accepted. Browsers can read the refusal.
#[tokio::test]
async fn only_allowed_pages_may_send() {
    let faultline = Faultline::new().await;
    allow(&faultline, json!(["https://shop.example", "https://*.shop.example"])).await;
    for way in WAYS {
        for origin in [None, Some("https://shop.example"), Some("https://www.shop.example")] {
            let answer = send(&faultline, way, origin).await;
            assert!(answer.status.is_success(), "{way} {origin:?}: {}", answer.body);
        }
        for origin in ["https://other.example", "http://shop.example", "null"] {
            let answer = send(&faultline, way, Some(origin)).await;
            assert_eq!((answer.status.as_u16(), &answer.body["error"]), (403, &json!("origin_not_allowed")), "{way}");
            let message = answer.body["message"].as_str().unwrap();
            assert!(message.contains(&format!("`{origin}`")) && message.contains("allowedOrigins"), "{message}");
            assert_eq!(answer.headers["access-control-allow-origin"], "*");
        }
    }
    let info = faultline.call(Method::GET, "/info", ADMIN, Body::empty()).await;
    assert_eq!(info.body["data"]["refused"], json!({ "origin_not_allowed": 30 }));
    assert_eq!(faultline.take_inbox().await.len(), 30, "refused events are not in the inbox");
}

/// Without the setting all pages may send; with an empty list none may. Other projects are not affected.
#[tokio::test]
async fn the_setting_affects_only_its_project() {
    let faultline = Faultline::new().await;
    let status = async || send(&faultline, "envelope", Some("https://other.example")).await.status.as_u16();
    assert_eq!(status().await, 200);
    allow(&faultline, json!([])).await;
    assert_eq!(status().await, 403);
    assert_eq!(send(&faultline, "envelope", None).await.status.as_u16(), 200);
    let request = Request::builder().method(Method::POST).uri("/projects/other/errors").header("x-api-key", ADMIN);
    let request = request.header("origin", "https://other.example").body(r#"{"errors":[{"message":"m"}]}"#.into());
    assert_eq!(faultline.send(request.unwrap()).await.status.as_u16(), 201);
    allow(&faultline, json!(null)).await;
    assert_eq!(status().await, 200);
}
