//! Notices as real clients send them become the right values.

use model::id::EventId;
use model::occurrence::{Level, Occurrence, Source};
use model::outcome::Reason;
use model::time::Timestamp;
use serde_json::{Value, json};

use super::{Notice, normalise};
use crate::sentry::Received;

fn occurrence(notice: Value) -> Occurrence {
    let received = Received {
        event_id: EventId::from_bytes([9; 16]),
        received_at: Timestamp::from_seconds(1_795_896_800),
        sent_at: None,
        client_ip: Some([203, 0, 113, 7].into()),
    };
    let Value::Object(notice) = notice else { panic!("an object") };
    normalise(notice, &received)
}

fn python() -> Value {
    json!({
        "errors": [
            { "type": "CartError", "message": "no total", "backtrace": [
                { "file": "/PROJECT_ROOT/cart.py", "function": "total", "line": 13,
                  "code": { "12": "except", "13": "raise", "9": "def", "14": "after" } },
                { "file": "/SITE_PACKAGES/flask/app.py", "function": "wsgi_app", "line": 1511 },
                { "file": "/PROJECT_ROOT/vendor/x.py", "function": "run", "line": 1 },
            ] },
            { "type": "IndexError", "message": "list index out of range", "backtrace": [] },
        ],
        "context": {
            "notifier": { "name": "pybrake", "version": "1.10.1" },
            "os": "Linux-6.1.0-amd64", "language": "Python/3.11.7", "hostname": "till-7", "architecture": "x64",
            "versions": { "flask": "3.1.3" }, "rootDirectory": "/srv/shop", "revision": "4f2a9c1",
            "environment": "production", "version": "1.2.3", "severity": "critical",
            "user": { "id": 42, "name": "Ann", "email": "ann@example.org" },
            "component": "carts", "action": "total", "method": "POST", "route": "/carts/<id>/total",
            "url": "http://localhost/carts/4711/total?full=1", "userAddr": "203.0.113.9", "userAgent": "Mozilla/5.0",
            "own": "kept",
        },
        "params": { "view_args": { "id": 4711 } }, "environment": {}, "session": { "sid": "x" },
        "unknown": 1,
    })
}

#[test]
fn a_notice_becomes_an_occurrence() {
    let occurrence = occurrence(python());
    assert_eq!(
        (occurrence.source, occurrence.platform.as_str(), occurrence.level),
        (Source::Airbrake, "python", Level::Fatal)
    );
    assert_eq!((occurrence.kind.as_str(), occurrence.message.as_str()), ("CartError", "no total"));
    let facts = [&occurrence.environment, &occurrence.release, &occurrence.server_name, &occurrence.transaction];
    assert_eq!(facts.map(Option::as_deref), ["production", "1.2.3", "till-7", "POST /carts/<id>/total"].map(Some));
    assert_eq!(occurrence.timestamp, occurrence.received_at, "notices have no time");
    let kinds: Vec<_> = occurrence.exceptions.iter().map(|one| one.kind.as_deref().unwrap_or_default()).collect();
    assert_eq!(kinds, ["IndexError", "CartError"], "the cause comes first");

    let frames = &occurrence.exceptions[1].stacktrace.as_ref().expect("a stack").frames;
    let found: Vec<_> =
        frames.iter().map(|frame| (frame.filename.as_deref().unwrap_or_default(), frame.in_app)).collect();
    assert_eq!(found, [("vendor/x.py", Some(false)), ("flask/app.py", Some(false)), ("cart.py", Some(true))]);
    let own = &frames[2];
    assert_eq!(
        (own.lineno, own.function.as_deref(), own.context_line.as_deref()),
        (Some(13), Some("total"), Some("raise"))
    );
    assert_eq!(
        (own.pre_context.as_slice(), own.post_context.as_slice()),
        (["def".to_owned(), "except".to_owned()].as_slice(), ["after".to_owned()].as_slice())
    );
    assert_eq!((own.abs_path.as_deref(), own.other.is_empty()), (Some("/PROJECT_ROOT/cart.py"), true));

    assert_eq!(
        Value::Object(occurrence.user.clone()),
        json!({
            "id": "42", "name": "Ann", "email": "ann@example.org", "ip_address": "203.0.113.9",
        })
    );
    assert_eq!(
        Value::Object(occurrence.request.clone()),
        json!({
            "url": "http://localhost/carts/4711/total", "query_string": "full=1", "method": "POST",
            "headers": { "User-Agent": "Mozilla/5.0" },
        })
    );
    assert_eq!(
        Value::Object(occurrence.contexts.clone()),
        json!({
            "os": { "name": "Linux", "version": "6.1.0-amd64" }, "runtime": { "name": "Python", "version": "3.11.7" },
            "device": { "arch": "x64" }, "app": { "revision": "4f2a9c1" },
            "context": { "component": "carts", "action": "total", "own": "kept" },
            "params": { "view_args": { "id": 4711 } }, "session": { "sid": "x" },
        })
    );
    assert_eq!((&occurrence.modules["flask"], &occurrence.sdk["name"]), (&json!("3.1.3"), &json!("pybrake")));
    assert_eq!((&occurrence.other["unknown"], occurrence.other.len()), (&json!(1), 1));
    assert_eq!(occurrence.errors, []);
}

#[test]
fn a_notice_of_a_browser_becomes_an_occurrence() {
    let own_post = "https://errors.example/api/v3/projects/1/notices?key=0123456789abcdef0123456789abcdef";
    let at = "2026-11-28T20:15:13.893Z";
    let occurrence = occurrence(json!({
        "errors": [{ "type": "Error", "message": "rejected", "backtrace": [
            { "function": "", "file": "http://shop.example/app.js", "line": 11, "column": 18 },
        ] }],
        "context": {
            "severity": "notice", "language": "JavaScript", "unhandledRejection": true, "rootDirectory": "http://shop.example",
            "notifier": { "name": "airbrake-js/browser", "version": "2.1.9" },
            "userId": 7, "userEmail": "ann@example.org",
            "history": [
                { "type": "log", "severity": "log", "arguments": ["about to fail", 1], "date": at },
                { "type": "click", "target": "button#buy", "date": at },
                { "type": "location", "from": "/a", "to": "/b", "date": at },
                { "type": "xhr", "method": "POST", "url": "/api/cart", "statusCode": 500, "duration": 6, "date": at },
                { "type": "xhr", "method": "POST", "url": own_post, "statusCode": 201, "date": at },
            ],
        },
    }));
    assert_eq!((occurrence.platform.as_str(), occurrence.level), ("javascript", Level::Info));
    assert_eq!(
        Value::Object(occurrence.exceptions[0].mechanism.clone()),
        json!({ "type": "onunhandledrejection", "handled": false })
    );
    let frame = &occurrence.exceptions[0].stacktrace.as_ref().expect("a stack").frames[0];
    assert_eq!((frame.function.as_deref(), frame.colno, frame.in_app), (None, Some(18), None));
    let crumbs: Vec<_> = occurrence
        .breadcrumbs
        .iter()
        .map(|one| (one["category"].as_str(), one.get("message").and_then(Value::as_str)))
        .collect();
    assert_eq!(
        crumbs,
        [
            (Some("console"), Some("about to fail 1")),
            (Some("ui.click"), Some("button#buy")),
            (Some("navigation"), None),
            (Some("xhr"), None),
        ],
        "the client's own post is left out, with the key in its address"
    );
    assert_eq!(occurrence.breadcrumbs[3]["data"]["status_code"], 500);
    assert_eq!((&occurrence.user["id"], occurrence.user.get("ip_address")), (&json!("7"), None));
    assert_eq!(occurrence.errors, []);
}

#[test]
fn a_message_has_no_type_and_keeps_its_stack() {
    let frame = json!({ "file": "/srv/shop/cart.js", "line": 16, "column": 18, "function": "pay" });
    let notice = |errors: Value| {
        json!({
            "errors": errors, "notifier": { "name": "airbrake-js/node" }, "context": { "language": "JavaScript", "rootDirectory": "/srv/shop" },
        })
    };
    let message = occurrence(notice(json!([{ "type": "", "message": "Note: hello", "backtrace": [frame] }])));
    assert_eq!((message.kind.as_str(), message.message.as_str()), ("", "Note: hello"));
    assert_eq!((message.exceptions.len(), message.sdk["name"].as_str()), (0, Some("airbrake-js/node")));
    let frame = &message.stacktrace.as_ref().expect("a stack").frames[0];
    assert_eq!((frame.filename.as_deref(), frame.in_app, message.level), (Some("cart.js"), Some(true), Level::Error));
    assert_eq!(occurrence(notice(json!([{ "message": "alone" }]))).message, "alone");
}

#[test]
fn routes_name_the_transaction() {
    for (context, expected) in [
        (json!({ "route": "/a/:id", "httpMethod": "GET" }), Some("GET /a/:id")),
        (json!({ "route": "/a/:id" }), Some("/a/:id")),
        (json!({ "route": "None", "component": "carts", "action": "total" }), Some("carts#total")),
        (json!({ "component": "carts" }), Some("carts")),
        (json!({ "action": "total" }), Some("total")),
        (json!({ "method": "GET" }), None),
    ] {
        let notice = json!({ "errors": [{ "type": "E", "message": "m" }], "context": context });
        assert_eq!(occurrence(notice).transaction.as_deref(), expected, "{context}");
    }
}

#[test]
fn values_of_wrong_types_are_kept_or_reported() {
    let Value::Object(context) = python()["context"].clone() else { panic!("an object") };
    for key in context.keys() {
        for value in [json!(7), json!("x"), json!([[1]]), json!({ "a": { "b": [] } }), json!(true), Value::Null] {
            let mut notice = python();
            notice["context"][key] = value.clone();
            let occurrence = occurrence(notice);
            assert!(occurrence.errors.len() <= 3, "{key} {value}: {:?}", occurrence.errors);
            assert_eq!(occurrence.kind, "CartError", "{key} {value}");
        }
    }
}

#[test]
fn bodies_are_checked() {
    assert!(Notice::parse(br#" {"errors":[{"message":"m"}]} "#).is_ok());
    assert!(Notice::parse(br#"{"errors":[{"message":"m"},{},{}],"context":null}"#).is_ok());
    let large = format!(r#"{{"errors":[{{"message":"{}"}}]}}"#, "x".repeat(1 << 20));
    for (body, reason) in [
        ("", Reason::BodyNotJson),
        ("errors=x", Reason::BodyNotJson),
        ("[]", Reason::BodyInvalid),
        ("{}", Reason::BodyInvalid),
        (r#"{"errors":null}"#, Reason::BodyInvalid),
        (r#"{"errors":{}}"#, Reason::BodyInvalid),
        (r#"{"errors":[]}"#, Reason::BodyInvalid),
        (r#"{"errors":["m"]}"#, Reason::BodyInvalid),
        (&large, Reason::ItemTooLarge),
    ] {
        let refusal = Notice::parse(body.as_bytes()).expect_err("refused");
        assert_eq!(refusal.reason, reason, "{}", &body[..body.len().min(40)]);
    }
}
