//! Events as real clients send them become the right values.

use model::id::EventId;
use model::occurrence::{Level, Occurrence, Source};
use model::outcome::Reason;
use model::time::Timestamp;
use serde_json::{Map, Value, json};

use super::{EventReport, MAX_EVENTS, StoredReport, find_api_key, normalise, parse_sent_at};
use crate::sentry::Received;

fn occurrence_of(client: &str, event: Value) -> Occurrence {
    let received = Received {
        event_id: EventId::from_bytes([9; 16]),
        received_at: Timestamp::from_seconds(1_795_897_100),
        sent_at: Some(Timestamp::from_seconds(1_795_897_099)),
        client_ip: Some([203, 0, 113, 7].into()),
    };
    let (Value::Object(event), Value::Object(notifier)) = (event, json!({ "name": client, "version": "9.0.0" })) else {
        panic!("objects")
    };
    normalise(event, &notifier, &received)
}

fn node() -> Value {
    let headers = json!({ "host": "shop.example", "user-agent": "node" });
    json!({
        "payloadVersion": "4",
        "exceptions": [
            {
                "errorClass": "CartError", "errorMessage": "no total", "message": "no total", "type": "nodejs",
                "stacktrace": [
                    { "file": "cart.js", "method": "total", "lineNumber": 4, "columnNumber": 74, "inProject": true,
                      "code": { "3": "a", "4": "throw", "5": "b" } },
                    { "file": "/srv/node_modules/router/index.js", "lineNumber": 647, "columnNumber": 14 },
                ],
            },
            { "errorClass": "TypeError", "message": "no price", "type": "nodejs", "stacktrace": [] },
        ],
        "severity": "error", "unhandled": true,
        "severityReason": { "type": "unhandledErrorMiddleware", "attributes": { "framework": "Express/Connect" } },
        "app": { "releaseStage": "production", "version": "1.2.3", "type": "web_server", "duration": 304, "codeBundleId": "7" },
        "device": { "osName": "linux (x64)", "osVersion": "6.1.0", "totalMemory": 25, "hostname": "till-7",
                    "runtimeVersions": { "node": "20.20.2" }, "freeMemory": 24, "time": "2026-11-28T20:18:07.038Z" },
        "request": { "body": { "items": [] }, "clientIp": "203.0.113.9", "headers": headers, "httpMethod": "POST",
                     "url": "http://shop.example/carts/4711/total?full=1" },
        "response": {},
        "breadcrumbs": [
            { "type": "state", "name": "opened cart", "timestamp": "2026-11-28T20:18:07.031Z", "metaData": { "id": 4711 } },
            { "type": "log", "name": "Console output", "timestamp": "2026-11-28T20:18:07.032Z", "metaData": { "severity": "warn" } },
            { "type": "request", "name": "fetch() failed", "timestamp": "2026-11-28T20:18:07.033Z", "metaData": { "status": 500 } },
        ],
        "context": "POST /carts/4711/total",
        "metaData": { "request": { "path": "/carts/4711/total", "query": { "full": "1" } }, "shop": { "tenant": "acme" }, "note": "x" },
        "user": { "id": "42", "email": "ann@example.org", "name": "Ann" },
        "session": { "id": "cmx0", "events": { "handled": 0, "unhandled": 1 } },
        "featureFlags": [{ "featureFlag": "new-cart", "variant": "B" }, { "featureFlag": "fast" }],
        "correlation": { "traceId": "5b8aa5a2d2c872e8321cf37308d69df2", "spanId": "051581bf3cb55c13" },
        "threads": [{ "id": 1, "name": "main", "errorReportingThread": true, "stacktrace": [{ "file": "b" }, { "file": "a" }] }],
        "unknown": 1,
    })
}

#[test]
fn an_event_of_node_becomes_an_occurrence() {
    let occurrence = occurrence_of("Bugsnag Node", node());
    assert_eq!(
        (occurrence.source, occurrence.platform.as_str(), occurrence.level),
        (Source::Bugsnag, "node", Level::Error)
    );
    assert_eq!((occurrence.kind.as_str(), occurrence.message.as_str()), ("CartError", "no total"));
    let facts = [
        &occurrence.environment,
        &occurrence.release,
        &occurrence.dist,
        &occurrence.server_name,
        &occurrence.transaction,
    ];
    assert_eq!(facts.map(Option::as_deref), ["production", "1.2.3", "7", "till-7", "POST /carts/{id}/total"].map(Some));
    assert_eq!(occurrence.timestamp, Timestamp::parse("2026-11-28T20:18:07.038Z").expect("a time"));
    let kinds: Vec<_> = occurrence.exceptions.iter().map(|one| one.kind.as_deref().unwrap_or_default()).collect();
    assert_eq!(kinds, ["TypeError", "CartError"], "the cause comes first");
    assert_eq!(
        Value::Object(occurrence.exceptions[1].mechanism.clone()),
        json!({
            "type": "unhandledErrorMiddleware", "handled": false, "data": { "framework": "Express/Connect" },
        })
    );
    let [library, own] = occurrence.exceptions[1].stacktrace.as_ref().expect("a stack").frames.as_slice() else {
        panic!("two frames")
    };
    assert_eq!(
        (own.filename.as_deref(), own.function.as_deref(), own.in_app),
        (Some("cart.js"), Some("total"), Some(true))
    );
    assert_eq!((own.lineno, own.colno, own.context_line.as_deref()), (Some(4), Some(74), Some("throw")));
    assert_eq!(
        (library.in_app, library.lineno),
        (Some(false), Some(647)),
        "without a mark it is not the application's"
    );

    assert_eq!(
        Value::Object(occurrence.user.clone()),
        json!({
            "id": "42", "email": "ann@example.org", "username": "Ann", "ip_address": "203.0.113.9",
        })
    );
    assert_eq!(
        Value::Object(occurrence.request.clone()),
        json!({
            "url": "http://shop.example/carts/4711/total", "query_string": "full=1", "method": "POST",
            "headers": { "host": "shop.example", "user-agent": "node" }, "data": { "items": [] },
        })
    );
    assert_eq!(
        Value::Object(occurrence.contexts.clone()),
        json!({
            "app": { "type": "web_server", "duration": 304 },
            "os": { "name": "linux (x64)", "version": "6.1.0" }, "runtime": { "name": "node", "version": "20.20.2" },
            "device": { "memory_size": 25, "free_memory": 24 },
            "flags": { "values": [{ "flag": "new-cart", "result": "B" }, { "flag": "fast", "result": true }] },
            "session": { "id": "cmx0", "events": { "handled": 0, "unhandled": 1 } },
            "trace": { "trace_id": "5b8aa5a2d2c872e8321cf37308d69df2", "span_id": "051581bf3cb55c13" },
            "request": { "path": "/carts/4711/total", "query": { "full": "1" } }, "shop": { "tenant": "acme" },
        })
    );
    assert_eq!(Value::Object(occurrence.extra.clone()), json!({ "note": "x", "context": "POST /carts/4711/total" }));
    assert_eq!(occurrence.trace_id.as_deref(), Some("5b8aa5a2d2c872e8321cf37308d69df2"));
    assert_eq!(occurrence.tags["framework"], "Express/Connect");
    let crumbs: Vec<_> = occurrence
        .breadcrumbs
        .iter()
        .map(|one| (one["type"].as_str(), one["category"].as_str(), one["message"].as_str()))
        .collect();
    assert_eq!(
        crumbs,
        [
            (Some("default"), Some("state"), Some("opened cart")),
            (Some("default"), Some("log"), Some("Console output")),
            (Some("http"), Some("request"), Some("fetch() failed")),
        ]
    );
    assert_eq!(
        (&occurrence.breadcrumbs[0]["data"]["id"], &occurrence.breadcrumbs[1]["level"]),
        (&json!(4711), &json!("warn"))
    );
    let thread = &occurrence.threads[0];
    let files: Vec<_> =
        thread.stacktrace.as_ref().expect("a stack").frames.iter().map(|frame| frame.filename.as_deref()).collect();
    assert_eq!((thread.current, files.as_slice()), (Some(true), [Some("a"), Some("b")].as_slice()));
    assert_eq!(Value::Object(occurrence.sdk.clone()), json!({ "name": "Bugsnag Node", "version": "9.0.0" }));
    assert_eq!((&occurrence.other["unknown"], occurrence.other.len()), (&json!(1), 1), "{:?}", occurrence.other);
    assert_eq!(occurrence.errors, []);
}

/// Facts in which clients differ.
#[test]
fn events_of_other_clients() {
    let frame = |file: &str| json!({ "file": file, "lineNumber": 1, "method": "f" });
    let event = |kind: Value, stack: Value, rest: Value| {
        let mut event =
            json!({ "exceptions": [{ "errorClass": "E", "message": "m", "type": kind, "stacktrace": stack }] });
        for (key, value) in rest.as_object().expect("an object") {
            event[key] = value.clone();
        }
        event
    };
    let python = occurrence_of(
        "Bugsnag Python",
        event(
            json!("python"),
            json!([
                { "file": "cart.py", "lineNumber": 1, "inProject": true }, { "file": "/usr/lib/x.py", "lineNumber": 2, "inProject": false },
            ]),
            json!({ "releaseStage": "staging", "projectRoot": "/srv/shop", "libRoot": "/srv/venv", "severity": "warning" }),
        ),
    );
    assert_eq!(
        (python.environment.as_deref(), python.level, python.platform.as_str()),
        (Some("staging"), Level::Warning, "python")
    );
    assert_eq!(python.timestamp.seconds(), 1_795_897_099, "the event has no time, but the request has");

    let browser = occurrence_of(
        "Bugsnag JavaScript",
        event(
            json!("browserjs"),
            json!([frame("http://shop.example/app.js")]),
            json!({
                "device": { "userAgent": "Mozilla/5.0", "locale": "en-US" }, "request": { "url": "http://shop.example/cart" }, "user": {},
            }),
        ),
    );
    let in_app = browser.exceptions[0].stacktrace.as_ref().expect("a stack").frames[0].in_app;
    assert_eq!((in_app, &browser.user["ip_address"]), (None, &json!("203.0.113.7")));
    assert_eq!(
        (&browser.request["headers"]["User-Agent"], &browser.contexts["device"]["locale"]),
        (&json!("Mozilla/5.0"), &json!("en-US"))
    );
    let private = occurrence_of(
        "Bugsnag JavaScript",
        event(
            json!("browserjs"),
            json!([]),
            json!({
                "request": { "clientIp": "[NOT COLLECTED]" }, "user": { "id": "[NOT COLLECTED]" },
            }),
        ),
    );
    assert_eq!(private.user.get("ip_address"), None, "the application forbids it");

    for (client, platform) in [
        ("Ruby Bugsnag Notifier", "ruby"),
        ("Bugsnag PHP (Official)", "php"),
        ("Bugsnag Laravel", "php"),
        ("Bugsnag Go", "go"),
        ("Android Bugsnag Notifier", "java"),
        ("Bugsnag Java", "java"),
        (".NET Bugsnag Notifier", "csharp"),
        ("Bugsnag React Native", "other"),
    ] {
        assert_eq!(
            occurrence_of(client, event(Value::Null, json!([frame("a")]), json!({}))).platform,
            platform,
            "{client}"
        );
    }
}

#[test]
fn clients_can_say_how_to_group() {
    for (hash, discriminator, expected) in [
        (json!("mine"), Value::Null, vec!["mine"]),
        (Value::Null, json!("tenant"), vec!["{{ default }}", "tenant"]),
        (json!("mine"), json!("tenant"), vec!["mine", "tenant"]),
        (json!(""), Value::Null, vec![]),
        (json!({ "a": 1 }), Value::Null, vec![]),
    ] {
        let mut event = node();
        (event["groupingHash"], event["groupingDiscriminator"]) = (hash.clone(), discriminator.clone());
        assert_eq!(occurrence_of("Bugsnag Node", event).fingerprint, expected, "{hash} {discriminator}");
    }
}

#[test]
fn values_of_wrong_types_are_kept_or_reported() {
    let Value::Object(event) = node() else { panic!("an object") };
    for key in event.keys() {
        for value in [json!(7), json!("x"), json!([[1]]), json!({ "a": { "b": [] } }), json!(true), Value::Null] {
            let mut event = node();
            event[key] = value.clone();
            let occurrence = occurrence_of("Bugsnag Node", event);
            assert!(occurrence.errors.len() <= 3, "{key} {value}: {:?}", occurrence.errors);
            if key != "exceptions" {
                assert_eq!(occurrence.kind, "CartError", "{key} {value}");
            }
        }
    }
}

#[test]
fn bodies_are_checked_and_keys_are_not_stored() {
    let body = json!({
        "apiKey": "k1", "notifier": { "name": "Bugsnag Node" }, "payloadVersion": "4",
        "events": [{ "apiKey": "k2", "exceptions": [] }, "no event", { "x": "x".repeat(1 << 20) }, {}],
    });
    let body = body.to_string();
    assert_eq!(find_api_key(body.as_bytes()).as_deref(), Some("k1"));
    let report = EventReport::parse(body.as_bytes()).expect("a report");
    let text = String::from_utf8_lossy(&report.payload).into_owned();
    assert!(!text.contains("k1") && !text.contains("k2"), "{text}");
    let refused: Vec<_> = report.refused.iter().map(|refusal| (refusal.reason, refusal.path[1].as_str())).collect();
    assert_eq!(refused, [(Reason::ItemInvalid, "1"), (Reason::ItemTooLarge, "2")]);
    let stored: StoredReport = serde_json::from_str(&text).expect("a stored report");
    assert_eq!((stored.events.len(), report.count, &stored.notifier["name"]), (2, 2, &json!("Bugsnag Node")));

    let many = json!({ "events": vec![Map::new(); MAX_EVENTS + 1] }).to_string();
    for (body, reason) in [
        ("", Reason::BodyNotJson),
        ("{", Reason::BodyNotJson),
        ("[]", Reason::BodyInvalid),
        ("{}", Reason::BodyInvalid),
        (r#"{"events":{}}"#, Reason::BodyInvalid),
        (r#"{"events":[]}"#, Reason::BodyInvalid),
        (r#"{"events":[7]}"#, Reason::BodyInvalid),
        (&many, Reason::BodyInvalid),
    ] {
        let refusal = EventReport::parse(body.as_bytes()).expect_err("refused");
        assert_eq!(refusal.reason, reason, "{}", &body[..body.len().min(40)]);
    }
    let huge = json!({ "notifier": { "name": "x".repeat(10_000) }, "events": [{}] }).to_string();
    assert!(
        EventReport::parse(huge.as_bytes()).expect("a report").payload.len() < 100,
        "what all events share is bounded"
    );
}

#[test]
fn the_time_of_sending_may_have_no_zone() {
    for text in ["2026-11-28T20:18:07.060Z", "2026-11-28T20:18:07.060", "2026-11-28T20:18:07.060000"] {
        assert_eq!(parse_sent_at(text).map(Timestamp::millis), Some(1_795_897_087_060), "{text}");
    }
    assert_eq!(parse_sent_at("yesterday"), None);
}
