use serde_json::json;

use super::*;
use model::occurrence::Level;
use model::time::SECONDS_PER_DAY;

pub(super) fn received() -> Received {
    Received {
        event_id: EventId::parse("fc6d8c0c43fc4630ad850ee518f1b9d0").unwrap(),
        received_at: Timestamp::from_seconds(1_700_000_000),
        sent_at: None,
        client_ip: Some("192.0.2.7".parse().unwrap()),
    }
}

fn of(event: Value) -> Occurrence {
    let Value::Object(event) = event else { panic!("an object") };
    normalise(event, &received())
}

/// Checks the value at `pointer` in the stored occurrence.
#[track_caller]
fn check(event: Value, pointer: &str, expected: Value) {
    let stored = serde_json::to_value(of(event.clone())).unwrap();
    assert_eq!(stored.pointer(pointer).cloned().unwrap_or_default(), expected, "{event} {pointer}");
}

/// Checks that the value is not used, and that a problem of this name is reported.
#[track_caller]
fn refused(event: Value, pointer: &str, name: &str) {
    check(event.clone(), pointer, Value::Null);
    let errors = of(event.clone()).errors;
    assert!(errors.iter().any(|problem| problem.name == name && !problem.reason.is_empty()), "{event}: {errors:?}");
}

#[test]
fn levels() {
    for (sent, level) in [
        (json!("fatal"), "fatal"),
        (json!("critical"), "fatal"),
        (json!("log"), "info"),
        (json!(10), "debug"),
        (json!(40), "error"),
        (json!(50), "fatal"),
        (json!(null), "error"),
    ] {
        check(json!({"level": sent}), "/level", level.into());
    }
    for bad in [json!("loud"), json!(35), json!([])] {
        let occurrence = of(json!({"level": bad}));
        assert_eq!((occurrence.level, occurrence.errors[0].name.as_str()), (Level::Error, "level"));
    }
}

#[test]
fn times() {
    let now = 1_700_000_000;
    let at = |timestamp: Value| of(json!({"timestamp": timestamp}));
    assert_eq!(at(json!(now - 10)).timestamp.seconds(), now - 10);
    assert_eq!(at(json!(1_699_999_990.25)).timestamp.millis(), 1_699_999_990_250);
    assert_eq!(at(json!("2023-11-14T22:13:10Z")).timestamp.seconds(), now - 10);
    assert_eq!(at(json!("2023-11-14T22:13:10.123456789")).timestamp.micros() % 1_000_000, 123_456);
    assert_eq!(at(json!((now - 10) * 1_000)).timestamp.seconds(), now - 10);
    assert_eq!(at(json!("1699999990")).timestamp.seconds(), now - 10);
    assert!(at(json!(null)).errors.is_empty());
    for (bad, kind) in [
        (json!(now + 61), "future_timestamp"),
        (json!("2023-10-01T00:00:00Z"), "past_timestamp"),
        (json!("yesterday"), "invalid_data"),
        (json!({}), "invalid_data"),
        (json!(-1), "invalid_data"),
        (json!(1e300), "invalid_data"),
    ] {
        let occurrence = at(bad.clone());
        assert_eq!((occurrence.timestamp.seconds(), occurrence.errors[0].kind.as_str()), (now, kind), "{bad}");
    }
    assert_eq!(at(json!(now + 59)).timestamp.seconds(), now + 59);
}

/// The client's wrong clock is corrected by the difference between the time it sent and the time of receipt.
#[test]
fn a_wrong_clock_is_corrected() {
    let now = 1_700_000_000;
    let with = |sent_at: i64, timestamp: i64| {
        let received = Received { sent_at: Some(Timestamp::from_seconds(sent_at)), ..received() };
        let Value::Object(event) = json!({"timestamp": timestamp, "breadcrumbs": [{"timestamp": timestamp - 5}]})
        else {
            panic!()
        };
        normalise(event, &received)
    };
    let behind = with(now - SECONDS_PER_DAY, now - SECONDS_PER_DAY - 7);
    assert_eq!(behind.timestamp.seconds(), now - 7);
    assert_eq!(behind.errors[0].kind, "clock_drift");
    assert_eq!(behind.breadcrumbs[0]["timestamp"], Timestamp::from_seconds(now - 12).to_string());
    assert_eq!(with(now + 10_000_000, now + 10_000_000 - 3).timestamp.seconds(), now - 3);
    let slow = with(now - 54 * 60, now - 54 * 60 - 7);
    assert_eq!(
        (slow.timestamp.seconds(), slow.errors.len()),
        (now - 54 * 60 - 7, 0),
        "small differences are not corrected"
    );
}

#[test]
fn exceptions_come_in_three_forms() {
    let one = json!({"type": "E", "value": "v"});
    for exception in [
        json!({"values": [one]}),
        json!([one]),
        one.clone(),
        json!({"values": [null, one, null]}),
        json!({"values": one}),
    ] {
        let occurrence = of(json!({"exception": exception}));
        assert_eq!(
            (occurrence.kind.as_str(), occurrence.message.as_str(), occurrence.exceptions.len()),
            ("E", "v", 1),
            "{exception}"
        );
    }
    check(json!({"sentry.interfaces.Exception": {"values": [one]}}), "/exceptions/0/type", "E".into());
    check(json!({"exception": [{"value": "Word: rest"}]}), "/exceptions/0", json!({"type": "Word", "value": "rest"}));
    check(json!({"exception": [{"value": "two words: rest"}]}), "/exceptions/0", json!({"value": "two words: rest"}));
    check(json!({"exception": [{"type": "E", "value": {"a": 1}}]}), "/exceptions/0/value", "{\"a\":1}".into());
    check(json!({"exception": {"values": [one], "x": 1}}), "/other/exception", json!({"x": 1}));
    check(json!({"exception": [{"type": "E", "x": 1}]}), "/exceptions/0/x", 1.into());
    refused(json!({"exception": [{"module": "m"}]}), "/exceptions", "exception.0");
    refused(json!({"exception": 7}), "/exceptions", "exception");
    refused(json!({"exception": [7]}), "/exceptions", "exception.0");
    let chain = of(json!({"exception": [{"type": "Cause"}, {"type": "Last", "value": "l"}]}));
    assert_eq!(chain.kind, "Last");
}

#[test]
fn frames() {
    let at = |frame: Value, pointer: &str, expected: Value| {
        let pointer = format!("/exceptions/0/stacktrace/frames/0{pointer}");
        check(json!({"exception": [{"type": "E", "stacktrace": {"frames": [null, frame]}}]}), &pointer, expected);
    };
    at(json!({"function": "?", "lineno": "12", "colno": 3.0, "in_app": null}), "", json!({"lineno": 12, "colno": 3}));
    at(json!({"filename": "https://h/a.js?x"}), "", json!({"filename": "/a.js", "abs_path": "https://h/a.js?x"}));
    at(json!({"abs_path": "/srv/a.py"}), "/filename", "/srv/a.py".into());
    at(json!({"abs_path": "https://h/b/a.js"}), "/filename", "/b/a.js".into());
    at(json!({"pre_context": ["a", null, 7]}), "/pre_context", json!(["a", "", "7"]));
    at(json!({"vars": [], "instruction_addr": "0x1"}), "", json!({"instruction_addr": "0x1"}));
    let event = json!({"exception": [{"type": "E", "stacktrace": {"frames": [{"function": {}, "lineno": -1}]}}]});
    refused(event.clone(), "/exceptions/0/stacktrace/frames/0/function", "exception.0.stacktrace.frames.0.function");
    refused(event, "/exceptions/0/stacktrace/frames/0/lineno", "exception.0.stacktrace.frames.0.lineno");
    check(
        json!({"exception": [{"type": "E"}], "stacktrace": {"frames": [{"function": "f"}]}}),
        "/exceptions/0/stacktrace/frames/0/function",
        "f".into(),
    );
    check(json!({"stacktrace": {"frames": [{"function": "f"}]}}), "/stacktrace/frames/0/function", "f".into());
    check(
        json!({"exception": [{"type": "E", "stacktrace": {"frames": null}}]}),
        "/exceptions/0/stacktrace",
        Value::Null,
    );
}

/// A stack of an overflow keeps both ends.
#[test]
fn ten_thousand_frames_do_not_hurt() {
    let frames: Vec<_> = (0..10_000).map(|line| json!({"function": "f", "lineno": line})).collect();
    let occurrence = of(json!({"exception": [{"type": "E", "stacktrace": {"frames": frames}}]}));
    let frames = &occurrence.exceptions[0].stacktrace.as_ref().unwrap().frames;
    assert_eq!((frames.len(), frames[124].lineno, frames[125].lineno), (250, Some(124), Some(9_875)));
    assert_eq!(
        (occurrence.errors[0].kind.as_str(), occurrence.errors[0].value.as_u64()),
        ("value_too_long", Some(10_000))
    );
    let faults = of(json!({"breadcrumbs": vec![7; 5_000], "exception": vec![7; 5_000], "threads": vec![7; 5_000]}));
    assert_eq!(faults.errors.len(), Problem::MAX);
}

#[test]
fn messages() {
    let message = |event: Value| of(event).message;
    assert_eq!(message(json!({"message": "m"})), "m");
    assert_eq!(message(json!({"logentry": "m"})), "m");
    assert_eq!(message(json!({"logentry": {"message": "a %s", "params": ["b"]}})), "a b");
    assert_eq!(message(json!({"message": {"formatted": "f", "message": "t"}})), "f");
    assert_eq!(message(json!({"message": "", "logentry": {"formatted": "f"}})), "f");
    assert_eq!(message(json!({"logentry": {"message": "t {x}"}, "message": "t 1"})), "t 1");
    assert_eq!(message(json!({"sentry.interfaces.Message": {"message": "m"}})), "m");
    let long = of(json!({"message": "é".repeat(9_000)}));
    assert_eq!((long.message.chars().count(), long.errors[0].name.as_str()), (8_192, "logentry.message"));
    refused(json!({"message": [1]}), "/logentry", "message");
}

#[test]
fn tags() {
    check(json!({"tags": {"a b": 1, "ok": true, "gone": null}}), "/tags", json!({"a-b": "1", "ok": "True"}));
    check(json!({"tags": [["a", "1"], null, ["a", "2"], ["b", 2.5]]}), "/tags", json!({"a": "1", "b": "2.5"}));
    check(json!({"tags": [{"key": "a", "value": "1"}]}), "/tags", json!({"a": "1"}));
    refused(json!({"tags": {"a": "x\ny"}}), "/tags/a", "tags.a");
    refused(json!({"tags": {"ä": "x"}}), "/tags/ä", "tags.ä");
    refused(json!({"tags": {"a": {}}}), "/tags/a", "tags.a");
    refused(json!({"tags": [["a"]]}), "/tags", "tags.0");
    refused(json!({"tags": "x"}), "/tags", "tags");
    check(json!({"tags": {"environment": "stage"}}), "/environment", "stage".into());
    check(json!({"tags": {"environment": "stage"}, "environment": "live"}), "/environment", "live".into());
}

#[test]
fn releases_and_environments() {
    check(json!({"release": " 1.2 ", "dist": 7}), "/release", "1.2".into());
    check(json!({"release": 2, "dist": 7}), "/dist", "7".into());
    for bad in ["latest", ".", "..", "a/b", "a\nb", &"x".repeat(251)] {
        refused(json!({"release": bad}), "/release", "release");
    }
    refused(json!({"dist": "7"}), "/dist", "dist");
    for bad in ["none", "a/b", &"x".repeat(65)] {
        refused(json!({"environment": bad}), "/environment", "environment");
    }
    check(json!({"environment": ""}), "/environment", Value::Null);
}

#[test]
fn users_and_their_addresses() {
    check(
        json!({"user": {"id": 7, "plan": "pro", "data": {"a": 1}}}),
        "/user",
        json!({"id": "7", "data": {"a": 1, "plan": "pro"}}),
    );
    refused(json!({"user": {"email": []}}), "/user/email", "user.email");
    refused(json!({"user": {"ip_address": "nowhere"}}), "/user/ip_address", "user.ip_address");
    check(json!({"user": {"ip_address": "{{auto}}"}}), "/user/ip_address", "192.0.2.7".into());
    check(json!({"platform": "javascript"}), "/user/ip_address", "192.0.2.7".into());
    check(json!({"platform": "python"}), "/user", Value::Null);
    check(json!({"platform": "javascript", "sdk": {"settings": {"infer_ip": "never"}}}), "/user", Value::Null);
    check(json!({"request": {"env": {"REMOTE_ADDR": "198.51.100.1"}}}), "/user/ip_address", "198.51.100.1".into());
    check(json!({"request": {"env": {"REMOTE_ADDR": "{{auto}}"}}}), "/request/env/REMOTE_ADDR", "192.0.2.7".into());
}

#[test]
fn requests() {
    let at = |request: Value, pointer: &str, expected: Value| {
        check(json!({"request": request}), &format!("/request{pointer}"), expected)
    };
    at(json!({"url": "https://h/a?b=1#c"}), "", json!({"url": "https://h/a", "query_string": "b=1", "fragment": "c"}));
    at(json!({"url": "https://h/a?b=1", "query_string": "b=1"}), "/url", "https://h/a".into());
    at(json!({"url": "https://h/a?b=1", "query_string": "b=2"}), "/url", "https://h/a?b=1".into());
    at(json!({"query_string": {"a": "1 2", "b": ["x", "y"]}}), "/query_string", "a=1%202&b=x&b=y".into());
    at(json!({"query_string": [["a", "1"], ["a", "2"]]}), "/query_string", "a=1&a=2".into());
    at(
        json!({"query_string": {"user": {"name": "ann", "roles": ["x", {"y": 1}]}, "a": null}}),
        "/query_string",
        "a=&user%5Bname%5D=ann&user%5Broles%5D=x&user%5Broles%5D%5By%5D=1".into(),
    );
    at(json!({"query_string": "?a=1"}), "/query_string", "a=1".into());
    at(json!({"headers": [["A", "1"], ["A", "2"], ["B", ["3", "4"]]]}), "/headers", json!({"A": "1,2", "B": "3,4"}));
    at(json!({"headers": {"Cookie": "a=1; b=2", "X": null}}), "", json!({"cookies": {"a": "1", "b": "2"}}));
    at(json!({"cookies": [["a", "1"]]}), "/cookies", json!({"a": "1"}));
    at(
        json!({"data": [1, {"a": null}], "method": "GET", "env": {"X": 1}, "z": 1}),
        "",
        json!({"data": [1, {"a": null}], "method": "GET", "env": {"X": 1}, "z": 1}),
    );
    refused(json!({"request": {"headers": 7}}), "/request/headers", "request.headers");
    refused(json!({"request": {"method": {}}}), "/request/method", "request.method");
}

#[test]
fn breadcrumbs_contexts_and_the_rest() {
    for breadcrumbs in [json!([{"message": "a"}, null]), json!({"values": [{"message": "a", "level": null}]})] {
        check(json!({"breadcrumbs": breadcrumbs}), "/breadcrumbs", json!([{"message": "a"}]));
    }
    let many = of(json!({"breadcrumbs": (0..600).map(|n| json!({"message": n})).collect::<Vec<_>>()}));
    assert_eq!((many.breadcrumbs.len(), many.breadcrumbs[0]["message"].as_u64()), (500, Some(100)));
    check(json!({"contexts": {"os": {"name": "L"}, "x": null, "y": []}}), "/contexts", json!({"os": {"name": "L"}}));
    refused(json!({"contexts": {"x": 7}}), "/contexts", "contexts.x");
    let id = "0AF7651916CD43DD8448EB211C80319C";
    check(json!({"contexts": {"trace": {"trace_id": id}}}), "/traceId", id.to_lowercase().into());
    check(json!({"contexts": {"trace": {"trace_id": "7"}}}), "/traceId", Value::Null);
    check(json!({"platform": "crystal"}), "/platform", "other".into());
    check(json!({"platform": "crystal"}), "/other/platform", "crystal".into());
    check(json!({"fingerprint": ["a", 1, true, null]}), "/fingerprint", json!(["a", "1", "True"]));
    refused(json!({"fingerprint": [{}]}), "/fingerprint", "fingerprint.0");
    check(
        json!({"site": "shop", "brand_new": [1]}),
        "",
        serde_json::to_value(of(json!({"site": "shop", "brand_new": [1]}))).unwrap(),
    );
    check(json!({"brand_new": [1], "_meta": {"a": 1}}), "/other", json!({"brand_new": [1], "_meta": {"a": 1}}));
    check(json!({"event_id": "nope"}), "/errors/0/name", "event_id".into());
    check(json!({"event_id": "FC6D8C0C-43FC-4630-AD85-0EE518F1B9D0"}), "/other", Value::Null);
    let sent = json!({"type": "invalid_data", "name": "a", "value": 1, "reason": "r"});
    check(json!({"errors": [sent]}), "/errors/0", sent);
    check(json!({"errors": [7]}), "/other/errors", json!([7]));
}

#[test]
fn culprits() {
    let frames =
        json!([{"module": "shop.views", "function": "view", "in_app": true}, {"module": "lib", "function": "get"}]);
    let exception = json!([{"type": "E", "stacktrace": {"frames": frames}}]);
    check(json!({"exception": exception}), "/culprit", "shop.views in view".into());
    check(json!({"exception": exception, "culprit": "sent"}), "/culprit", "sent".into());
    check(json!({"exception": exception, "transaction": "/cart", "culprit": "sent"}), "/culprit", "/cart".into());
}

/// No value of an event with the structure of a real SDK's is lost.
#[test]
fn nothing_is_lost() {
    let event = json!({
        "event_id": "fc6d8c0c43fc4630ad850ee518f1b9d0", "timestamp": "2023-11-14T22:13:10Z", "platform": "python", "level": "error",
        "exception": {"values": [{"type": "KeyError", "value": "v1", "module": "m1", "thread_id": 1, "mechanism": {"type": "t1", "handled": false, "data": {"k1": "v2"}},
            "stacktrace": {"frames": [{"filename": "f1", "abs_path": "f2", "function": "f3", "module": "f4", "lineno": 42, "pre_context": ["c1"],
                "context_line": "c2", "post_context": ["c3"], "vars": {"k2": "v3"}, "in_app": true, "lock": {"type": 8}}], "registers": {"r1": "v4"}}}]},
        "threads": {"values": [{"id": "main", "name": "n1", "crashed": true, "state": "s1"}]},
        "breadcrumbs": {"values": [{"timestamp": 1699999990.5, "category": "c4", "data": {"k3": "v5"}}]},
        "tags": {"k4": "v6"}, "user": {"id": "u1", "geo": {"city": "g1"}}, "request": {"url": "https://h1/p1", "data": {"k5": ["v7"]}},
        "contexts": {"os": {"name": "o1"}, "mine": {"k6": "v8"}}, "extra": {"k7": {"deep": ["v9", null]}}, "modules": {"p2": "1.2.3"},
        "sdk": {"name": "sdk1", "packages": [{"name": "p3"}]}, "server_name": "h2", "logger": "l1", "transaction": "t2",
        "transaction_info": {"source": "s2"}, "debug_meta": {"images": [{"type": "i1"}]}, "release": "r2", "environment": "e1", "whatever": "w1",
    });
    let line = serde_json::to_string(&of(event.clone())).unwrap();
    fn leaves(value: &Value, out: &mut Vec<String>) {
        match value {
            Value::Object(map) => map.iter().for_each(|(key, value)| {
                out.push(format!("\"{key}\""));
                leaves(value, out);
            }),
            Value::Array(list) => list.iter().for_each(|value| leaves(value, out)),
            other => out.push(other.to_string()),
        }
    }
    let mut all = Vec::new();
    leaves(&event, &mut all);
    // Names and values that our format writes differently.
    let renamed = ["\"event_id\"", "\"server_name\"", "\"exception\"", "\"values\"", "\"2023-11-14T22:13:10Z\""];
    for leaf in all.iter().filter(|leaf| !renamed.contains(&leaf.as_str())) {
        assert!(line.contains(leaf.as_str()), "{leaf} is not in {line}");
    }
    let back: Occurrence = serde_json::from_str(&line).unwrap();
    assert_eq!(back, of(event), "a line is read as it was written");
}
