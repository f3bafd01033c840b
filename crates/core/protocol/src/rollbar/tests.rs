//! Items as real clients send them become the right values.

use model::id::EventId;
use model::occurrence::{Level, Occurrence, Source};
use model::outcome::Reason;
use model::time::Timestamp;
use serde_json::{Value, json};

use super::{RollbarItem, find_token, normalise};
use crate::sentry::Received;

fn occurrence(data: Value) -> Occurrence {
    let received = Received {
        event_id: EventId::from_bytes([9; 16]),
        received_at: Timestamp::from_seconds(1_795_896_800),
        sent_at: None,
        client_ip: Some([203, 0, 113, 7].into()),
    };
    let Value::Object(data) = data else { panic!("an object") };
    normalise(data, &received)
}

fn frame(file: &str, line: u64, column: u64, method: &str) -> Value {
    json!({ "filename": file, "lineno": line, "colno": column, "method": method })
}

fn node_item() -> Value {
    json!({
        "timestamp": 1_795_896_743,
        "environment": "production",
        "level": "error",
        "language": "javascript",
        "framework": "node-js",
        "uuid": "337fd48b-3736-4874-d820-790257879993",
        "notifier": { "name": "node_rollbar", "version": "3.1.0", "configured_options": { "root": "/srv/shop" } },
        "attributes": [],
        "code_version": "4f2a9c1",
        "custom": { "tenant": "acme", "level": "error" },
        "tenant": "acme",
        "server": { "host": "till-7", "pid": 7, "branch": "main", "root": "/srv/shop" },
        "context": "/carts/:id/total",
        "person": { "id": 42, "username": "ann", "email": "ann@example.org" },
        "request": {
            "url": "http://shop.example/carts/4711/total?full=1", "user_ip": "203.0.113.9", "method": "POST",
            "headers": { "host": "shop.example" }, "GET": { "full": "1" }, "POST": { "items": [] }, "files_keys": [],
        },
        "body": {
            "trace_chain": [
                {
                    "exception": { "class": "CartError", "message": "no total", "description": "while paying" },
                    "frames": [
                        frame("/srv/shop/node_modules/router/index.js", 647, 13, "param"),
                        {
                            "filename": "/srv/shop/cart.js", "lineno": 10, "colno": 73, "method": "<unknown>",
                            "code": "throw", "context": { "pre": ["a", "b"], "post": ["c"] },
                            "runtimePosition": { "line": 10 }, "locals": { "items": [] },
                        },
                    ],
                },
                { "exception": { "class": "TypeError", "message": "no price" }, "frames": [] },
            ],
            "telemetry": [],
        },
    })
}

#[test]
fn an_item_of_node_becomes_an_occurrence() {
    let occurrence = occurrence(node_item());
    assert_eq!((occurrence.source, occurrence.platform.as_str()), (Source::Rollbar, "node"));
    assert_eq!((occurrence.kind.as_str(), occurrence.message.as_str()), ("CartError", "no total"));
    let facts = [&occurrence.environment, &occurrence.release, &occurrence.server_name, &occurrence.transaction];
    assert_eq!(facts.map(Option::as_deref), ["production", "4f2a9c1", "till-7", "/carts/:id/total"].map(Some));
    assert_eq!(occurrence.timestamp.seconds(), 1_795_896_743);
    let kinds: Vec<_> = occurrence.exceptions.iter().map(|one| one.kind.as_deref().unwrap_or_default()).collect();
    assert_eq!(kinds, ["TypeError", "CartError"], "the cause comes first");

    let frames = &occurrence.exceptions[1].stacktrace.as_ref().expect("a stack").frames;
    let [library, own] = frames.as_slice() else { panic!("two frames") };
    assert_eq!((library.in_app, library.filename.as_deref()), (Some(false), Some("node_modules/router/index.js")));
    assert_eq!((own.in_app, own.filename.as_deref()), (Some(true), Some("cart.js")));
    assert_eq!((own.abs_path.as_deref(), own.function.as_deref()), (Some("/srv/shop/cart.js"), None));
    assert_eq!((own.lineno, own.colno), (Some(10), Some(74)), "columns of Node.js count from 0");
    assert_eq!(own.context_line.as_deref(), Some("throw"));
    assert_eq!((own.pre_context.len(), own.post_context.len(), own.vars.len()), (2, 1, 1));
    assert!(own.other.is_empty(), "{:?}", own.other);

    assert_eq!(occurrence.logentry["message"], "while paying");
    assert_eq!(
        Value::Object(occurrence.user.clone()),
        json!({
            "id": "42", "username": "ann", "email": "ann@example.org", "ip_address": "203.0.113.9",
        })
    );
    assert_eq!(
        Value::Object(occurrence.request.clone()),
        json!({
            "url": "http://shop.example/carts/4711/total", "query_string": "full=1", "method": "POST",
            "headers": { "host": "shop.example" }, "data": { "items": [] },
        })
    );
    assert_eq!(Value::Object(occurrence.sdk.clone()), json!({ "name": "node_rollbar", "version": "3.1.0" }));
    assert_eq!(occurrence.contexts["server"], json!({ "pid": 7, "branch": "main", "root": "/srv/shop" }));
    assert_eq!(occurrence.extra["tenant"], "acme");
    assert_eq!((occurrence.tags["framework"].as_str(), occurrence.level), ("node-js", Level::Error));
    assert!(occurrence.other.is_empty(), "custom data is not kept twice: {:?}", occurrence.other);
    assert_eq!(occurrence.errors, []);
}

#[test]
fn an_item_of_a_browser_becomes_an_occurrence() {
    let uuid = "b514df85-4f43-4e6b-afa1-c7a67eb3378a";
    let crumb = |kind: &str, body: Value| json!({ "level": "log", "type": kind, "timestamp_ms": 1_795_896_816_067_u64, "source": "client", "body": body });
    let occurrence = occurrence(json!({
        "level": "critical", "platform": "browser", "language": "javascript", "framework": "browser-js", "uuid": uuid,
        "endpoint": "https://errors.example/api/1/item/", "server": {},
        "attributes": [{ "key": "session_id", "value": "9dd4" }, { "key": "is_uncaught", "value": "true" }],
        "custom": { "fingerprint": "mine" },
        "request": { "url": "http://shop.example/cart/4711?full=1#top", "query_string": "?full=1", "user_ip": "$remote_ip" },
        "client": { "runtime_ms": 38, "timestamp": 1_795_896_790, "javascript": {
            "browser": "Mozilla/5.0", "code_version": "4f2a9c1", "plugins": [{ "name": "PDF Viewer" }], "language": "en-US",
        } },
        "person": null,
        "body": {
            "trace": {
                "exception": { "class": "Error", "message": "rejected", "description": "Uncaught Error: rejected" },
                "frames": [{
                    "filename": "http://shop.example/app.js", "lineno": 12, "colno": 18, "method": "[anonymous]",
                    "code": "line", "context": { "post": ["line", "after"] },
                }],
            },
            "telemetry": [
                crumb("log", json!({ "message": "about to fail" })),
                crumb("dom", json!({ "subtype": "click", "element": "button#buy" })),
                crumb("network", json!({ "subtype": "xhr", "method": "POST", "url": "/api", "status_code": 500 })),
                crumb("navigation", json!({ "from": "/a", "to": "/b" })),
                { "level": "error", "type": "error", "uuid": uuid, "timestamp_ms": 1, "body": { "message": "rejected" } },
            ],
        },
    }));
    assert_eq!((occurrence.platform.as_str(), occurrence.level), ("javascript", Level::Fatal));
    assert_eq!((occurrence.timestamp.seconds(), occurrence.release.as_deref()), (1_795_896_790, Some("4f2a9c1")));
    assert_eq!(occurrence.exceptions[0].mechanism["handled"], false);
    let frame = &occurrence.exceptions[0].stacktrace.as_ref().expect("a stack").frames[0];
    assert_eq!((frame.colno, frame.in_app, frame.filename.as_deref()), (Some(18), None, Some("/app.js")));
    assert_eq!(frame.post_context, ["after"], "the line itself is not repeated");
    assert!(occurrence.logentry.is_empty(), "the description says nothing new");
    assert_eq!(occurrence.user["ip_address"], "203.0.113.7", "the client asked for the sender's address");
    assert_eq!(occurrence.request["headers"], json!({ "User-Agent": "Mozilla/5.0" }));
    assert_eq!(
        (&occurrence.request["query_string"], &occurrence.request["fragment"]),
        (&json!("full=1"), &json!("top"))
    );
    assert!(occurrence.fingerprint.is_empty(), "Rollbar does not group by custom data of browsers either");
    assert_eq!(occurrence.tags["session_id"], "9dd4");
    let crumbs: Vec<_> = occurrence
        .breadcrumbs
        .iter()
        .map(|one| (one["category"].as_str(), one.get("message").and_then(Value::as_str)))
        .collect();
    assert_eq!(
        crumbs,
        [
            (Some("console"), Some("about to fail")),
            (Some("ui.click"), Some("button#buy")),
            (Some("xhr"), None),
            (Some("navigation"), None),
        ]
    );
    assert_eq!(occurrence.breadcrumbs[2]["data"]["status_code"], 500);
    assert_eq!(occurrence.breadcrumbs[0]["level"], "info");
    assert_eq!(occurrence.contexts["client"], json!({ "runtime_ms": 38, "language": "en-US" }));
    assert_eq!(occurrence.errors, []);
}

#[test]
fn messages_crashes_and_the_clients_own_trouble() {
    let message = occurrence(json!({
        "language": "python 3.11.7", "fingerprint": "my-own-key", "title": "My title", "unknown": 1,
        "body": { "message": { "body": "cart 4711 is odd", "args": [4711], "extra": { "step": 3 } } },
        "server": { "history": [
            { "timestamp": 1_795_896_784.5, "format": "cart %s", "args": [7], "uuid": "a" }, "no entry",
        ] },
    }));
    assert_eq!((message.message.as_str(), message.kind.as_str(), message.level), ("cart 4711 is odd", "", Level::Info));
    assert_eq!(
        (message.platform.as_str(), message.fingerprint.as_slice()),
        ("python", ["my-own-key".to_owned()].as_slice())
    );
    assert_eq!(Value::Object(message.extra.clone()), json!({ "title": "My title", "args": [4711], "step": 3 }));
    assert_eq!((message.breadcrumbs.len(), &message.breadcrumbs[0]["message"]), (1, &json!("cart %s")));
    assert_eq!(message.other["unknown"], 1, "nothing is lost");

    let raw = "Incident: 1\nException Type:  SIGSEGV\nException Codes: SEGV_MAPERR at 0x0\n";
    let crash = occurrence(json!({ "body": { "crash_report": { "raw": raw } } }));
    assert_eq!(
        (crash.kind.as_str(), crash.message.as_str(), crash.level),
        ("SIGSEGV", "SEGV_MAPERR at 0x0", Level::Error)
    );
    assert_eq!(crash.extra["crash_report"], raw);

    let failsafe = occurrence(
        json!({ "level": "error", "failsafe": true, "internal": true, "body": { "message": { "body": "Failsafe" } } }),
    );
    assert_eq!((failsafe.level, failsafe.message.as_str()), (Level::Warning, "Failsafe"));
}

#[test]
fn packages_of_ones_own_are_own_code() {
    let file = |name: &str| json!({ "filename": name, "lineno": 1, "method": "call" });
    let occurrence = occurrence(json!({
        "language": "ruby", "server": { "root": "/srv/shop" }, "project_package_paths": ["/gems/till-1.0/", 7],
        "body": { "trace": { "exception": { "class": "E", "message": "m" }, "frames": [
            file("/gems/rack/call.rb"), file("/gems/till-1.0/till.rb"), file("/srv/shop/cart.rb"),
        ] } },
    }));
    let frames = &occurrence.exceptions[0].stacktrace.as_ref().expect("a stack").frames;
    let marks: Vec<_> = frames.iter().map(|frame| frame.in_app).collect();
    assert_eq!(marks, [Some(false), Some(true), Some(true)]);
}

#[test]
fn addresses_are_those_that_the_client_asked_for() {
    for (asked, stored) in [
        (json!("$remote_ip"), Some("203.0.113.7")),
        (json!("$remote_ip_anonymize"), Some("203.0.113.0")),
        (json!("192.0.2.1"), Some("192.0.2.1")),
        (json!("nonsense"), None),
        (Value::Null, None),
    ] {
        for platform in ["browser", "linux"] {
            let data =
                json!({ "platform": platform, "language": "javascript", "request": { "user_ip": asked }, "body": {} });
            let user = occurrence(data).user;
            assert_eq!(user.get("ip_address").and_then(Value::as_str), stored, "{asked} {platform}");
        }
    }
}

/// Values of other types than expected cost nothing but themselves.
#[test]
fn values_of_wrong_types_are_kept_or_reported() {
    let keys = [
        "timestamp",
        "environment",
        "level",
        "language",
        "uuid",
        "notifier",
        "attributes",
        "server",
        "body",
        "request",
        "context",
        "person",
        "custom",
        "client",
        "code_version",
        "fingerprint",
        "framework",
        "title",
    ];
    for key in keys {
        for value in [json!(7), json!("x"), json!([[1]]), json!({ "a": { "b": [] } }), json!(true), Value::Null] {
            let mut item = node_item();
            item[key] = value.clone();
            let occurrence = occurrence(item);
            assert!(occurrence.errors.len() <= 3, "{key} {value}: {:?}", occurrence.errors);
            if key != "body" {
                assert_eq!(occurrence.kind, "CartError", "{key} {value}");
            }
        }
    }
}

#[test]
fn bodies_are_read_in_every_form() {
    let item = json!({ "access_token": "k1", "data": { "uuid": "337fd48b-3736-4874-d820-790257879993", "body": {} } })
        .to_string();
    let form = format!("payload={}&x=1", item.replace('{', "%7B").replace('"', "%22").replace(' ', "+"));
    for body in [item.as_bytes(), form.as_bytes(), format!(" {item}\0").as_bytes()] {
        assert_eq!(find_token(body).as_deref(), Some("k1"));
        let parsed = RollbarItem::parse(body).expect("an item");
        assert_eq!(parsed.event_id.map(|id| id.to_string()).as_deref(), Some("337fd48b37364874d820790257879993"));
        assert!(!String::from_utf8_lossy(&parsed.data).contains("k1"), "the token is not stored");
    }
    let large = format!(r#"{{"data":{{"body":{{}},"x":"{}"}}}}"#, "x".repeat(1 << 20));
    let many = format!(r#"{{"data":{{"body":{{}},"x":[{}0]}}}}"#, r#"{"a":0},"#.repeat(100_000));
    let deep = format!(r#"{{"data":{}{}}}"#, r#"{"a":"#.repeat(200), "}".repeat(200));
    for (body, reason) in [
        ("", Reason::BodyNotJson),
        ("payload=", Reason::BodyNotJson),
        ("payload=%7B", Reason::BodyNotJson),
        (&deep, Reason::BodyNotJson),
        ("[]", Reason::BodyInvalid),
        ("{}", Reason::BodyInvalid),
        (r#"{"data":[]}"#, Reason::BodyInvalid),
        (r#"{"data":{}}"#, Reason::BodyInvalid),
        (r#"{"data":{"body":"x"}}"#, Reason::BodyInvalid),
        (&large, Reason::ItemTooLarge),
        (&many, Reason::ItemTooLarge),
    ] {
        let refusal = RollbarItem::parse(body.as_bytes()).expect_err("refused");
        assert_eq!(refusal.reason, reason, "{}", &body[..body.len().min(40)]);
    }
}
