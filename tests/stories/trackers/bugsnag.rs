//! Events of Bugsnag's clients.

use faultline_tests::Faultline;
use serde_json::{Value, json};

use super::{errors, frames, only_event, refused, send};

const NOTIFY: &str = "/bugsnag/notify";

fn event(message: &str) -> Value {
    json!({
        "apiKey": "0123456789abcdef0123456789abcdef",
        "exceptions": [
            { "errorClass": "CartError", "errorMessage": message, "message": message, "type": "nodejs", "stacktrace": [
                { "file": "cart.js", "method": "total", "lineNumber": 4, "columnNumber": 74, "inProject": true, "code": { "4": "throw" } },
                { "file": "/srv/node_modules/router/index.js", "method": "next", "lineNumber": 647, "columnNumber": 14, "inProject": false },
            ] },
            { "errorClass": "TypeError", "message": "no price", "type": "nodejs", "stacktrace": [] },
        ],
        "severity": "warning", "unhandled": true, "severityReason": { "type": "unhandledException" },
        "app": { "releaseStage": "production", "version": "1.2.3" },
        "device": { "hostname": "till-7", "time": "2026-11-02T00:00:30.000Z" },
        "request": { "url": "https://shop.example/carts/7/total", "httpMethod": "POST", "body": { "password": "hunter2" } },
        "context": "POST /carts/7/total",
        "metaData": { "shop": { "tenant": "acme" } },
        "user": { "id": "42" },
    })
}

fn report(key: &str, events: &[Value]) -> String {
    json!({ "apiKey": key, "notifier": { "name": "Bugsnag Node", "version": "9.0.0" }, "events": events }).to_string()
}

/// Events are accepted with the key in the header or in the body, and each event of a list is stored.
#[tokio::test]
async fn events_are_accepted_in_every_form() {
    let faultline = Faultline::new().await;
    let key = faultline.client_key().to_owned();
    let header = ("bugsnag-api-key", key.as_str());
    let sent_at = ("bugsnag-sent-at", "2026-11-02T00:01:00.000Z");
    for (path, headers, body) in [
        (NOTIFY, vec![header, ("bugsnag-payload-version", "4"), sent_at], report(&key, &[event("m")])),
        ("/prod/bugsnag/notify/", vec![header, ("bugsnag-payload-version", "4.0")], report("other", &[event("m")])),
        (NOTIFY, vec![], report(&key, &[event("m"), event("m")])),
    ] {
        let answer = send(&faultline, path, &headers, body).await;
        assert_eq!((answer.status.as_u16(), &answer.body), (200, &Value::Null), "{path} {headers:?}");
    }
    assert_eq!(errors(&faultline).await, [("CartError".to_owned(), "m".to_owned(), 4)]);
}

/// An event that cannot be stored does not affect the others.
#[tokio::test]
async fn an_event_that_cannot_be_stored_is_counted() {
    let faultline = Faultline::new().await;
    let key = faultline.client_key().to_owned();
    let mut large = event("large");
    large["metaData"]["x"] = json!({ "text": "x".repeat(1 << 20) });
    let answer = send(&faultline, NOTIFY, &[], report(&key, &[event("m"), large, json!("no event")])).await;
    assert_eq!(answer.status.as_u16(), 200);
    assert_eq!(refused(&faultline).await, json!({ "item_invalid": 1, "item_too_large": 1 }));
    assert_eq!(errors(&faultline).await, [("CartError".to_owned(), "m".to_owned(), 1)]);
}

#[tokio::test]
async fn an_event_reads_back_without_its_secrets() {
    let faultline = Faultline::new().await;
    send(&faultline, NOTIFY, &[], report(faultline.client_key(), &[event("no total")])).await;
    let event = only_event(&faultline).await;
    assert_eq!(
        (&event["source"], &event["platform"], &event["level"]),
        (&json!("bugsnag"), &json!("node"), &json!("warning"))
    );
    assert_eq!(
        (&event["release"], &event["environment"], &event["serverName"]),
        (&json!("1.2.3"), &json!("production"), &json!("till-7"))
    );
    assert_eq!(
        (&event["timestamp"], &event["transaction"]),
        (&json!("2026-11-02T00:00:30+00:00"), &json!("POST /carts/{id}/total"))
    );
    let library = "/srv/node_modules/router/index.js";
    assert_eq!(frames(&event), [(library.to_owned(), json!(false)), ("cart.js".to_owned(), json!(true))]);
    assert_eq!(event["exceptions"][1]["mechanism"], json!({ "type": "unhandledException", "handled": false }));
    assert_eq!(event["request"]["data"], json!({ "password": "[Filtered]" }));
    assert_eq!(event["contexts"]["shop"], json!({ "tenant": "acme" }));
    let text = event.to_string();
    assert!(
        !text.contains("hunter2") && !text.contains("0123456789abcdef") && !text.contains(faultline.client_key()),
        "{text}"
    );
}

/// A grouping hash groups by itself, and a discriminator splits what would be one error.
#[tokio::test]
async fn events_are_grouped_as_bugsnag_does() {
    let faultline = Faultline::new().await;
    let key = faultline.client_key().to_owned();
    let with = |name: &str, value: &str| {
        let mut event = event("no total");
        event[name] = json!(value);
        event
    };
    let mut other = with("groupingHash", "mine");
    other["exceptions"] = json!([{ "errorClass": "TillError", "message": "stuck" }]);
    let events = [
        event("no total for cart 1"),
        event("no total for cart 2"),
        with("groupingHash", "mine"),
        other,
        with("groupingDiscriminator", "acme"),
        with("groupingDiscriminator", "bolt"),
    ];
    assert_eq!(send(&faultline, NOTIFY, &[], report(&key, &events)).await.status.as_u16(), 200);
    let mut counts: Vec<_> = errors(&faultline).await.into_iter().map(|(_, _, count)| count).collect();
    counts.sort_unstable();
    assert_eq!(counts, [1, 1, 2, 2]);
}

/// The client for Python takes only 202 for success, and the one for Node.js sends refused sessions again.
#[tokio::test]
async fn sessions_are_answered_and_not_stored() {
    let faultline = Faultline::new().await;
    let answer = send(&faultline, "/bugsnag/sessions", &[("bugsnag-api-key", "any")], r#"{"sessions":[]}"#).await;
    assert_eq!(answer.status.as_u16(), 202);
    assert_eq!(refused(&faultline).await, json!({ "item_not_stored": 1 }));
    assert_eq!(errors(&faultline).await, []);
}
