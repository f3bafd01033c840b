//! Fingerprints of sample events, for ever.
//!
//! **Never edit an expected value here.** A fingerprint names an error in the database, in URLs, in issues that were
//! filed. If a change of the rules changes one of these, every user's errors of that kind begin anew on upgrade. A
//! better rule takes a new version (`sentry:2:…`), keeps making the old hashes too, so that old errors are found, and
//! adds a table of its own.

use domain::grouping::group;
use domain::id::EventId;
use domain::sentry::{Received, normalise, security};
use domain::time::Timestamp;
use serde_json::{Value, json};

fn received() -> Received {
    Received {
        event_id: EventId::from_bytes([1; 16]),
        received_at: Timestamp::from_seconds(1_700_000_000),
        sent_at: None,
        client_ip: None,
    }
}

#[track_caller]
fn check(event: Value, expected: &[&str]) {
    let Value::Object(event) = event else { panic!("an object") };
    let grouping = group(&normalise(event.clone(), &received()));
    let hashes: Vec<_> = grouping.hashes.iter().map(ToString::to_string).collect();
    assert_eq!(hashes, expected, "{}", Value::Object(event));
}

#[test]
fn fingerprints_of_version_1_are_what_they_were() {
    check(json!({}), &["662cc78d425db0abc80eaf316f5f5ed2"]);
    check(json!({"message": "order 17 of ann@example.com failed"}), &["e0986e851cc2f1c9d11a12893424729a"]);
    check(json!({"checksum": "abc"}), &["194efed6f6fb6ae66fbe76fdabb8c98b"]);
    check(json!({"fingerprint": ["checkout", "{{ level }}"]}), &["856cea2da7eead7dadda4b978d8c6225"]);
    check(json!({"fingerprint": ["{{ default }}", "eu"], "message": "m"}), &["c93ec296d790d9fa495308fe63fbdc31"]);
    check(
        json!({"exception": {"values": [{"type": "KeyError", "value": "row 17"}]}}),
        &["e27309b4daada54f5f1a0a378eb1a479"],
    );
    check(
        json!({"template": {"filename": "a.html", "context_line": " {{ x }}"}}),
        &["34d2e0849fd2c367d0a48dc95bc59aa0"],
    );
    check(
        json!({"platform": "python", "exception": {"values": [
            {"type": "TimeoutError", "value": "t", "stacktrace": {"frames": [
                {"module": "lib.net", "function": "read", "filename": "lib/net.py", "context_line": "    return sock.recv( n )", "in_app": false},
            ]}},
            {"type": "ServiceError", "value": "s", "stacktrace": {"frames": [
                {"filename": "shop/views.py", "function": "view", "context_line": "\tserve()", "in_app": true},
                {"module": "lib.web", "function": "call", "in_app": false},
            ]}},
        ]}}),
        &["fd4de39e9870e6df70845bf9178cdd31", "fa012d79601c6415f130b2b66b31c618"],
    );
    check(
        json!({"platform": "javascript", "exception": {"values": [{"type": "TypeError", "value": "x", "stacktrace": {"frames": [
            {"function": "Cart.total", "filename": "https://shop.test/app.js", "in_app": true},
            {"function": "new Price", "filename": "https://shop.test/app.js", "in_app": true},
        ]}}]}}),
        &["bcd14561df49f2373db24c5b10f5135e"],
    );
    check(
        json!({"platform": "rust", "threads": {"values": [{"current": true, "stacktrace": {"frames": [
            {"function": "main", "in_app": true},
            {"function": "<shop::Cart as shop::Total>::total::h0123456789abcdef", "in_app": true},
            {"function": "core::panicking::panic_fmt", "in_app": false},
        ]}}]}}),
        &["1de9b79ecbee55ca33ac59d01cf011ef", "f948e0ca060c0feec9f05a594baa9aed"],
    );
}

#[test]
fn fingerprints_of_reports_are_what_they_were() {
    let body = br#"{"csp-report":{"document-uri":"https://shop.test/","blocked-uri":"https://cdn.test/a.css","effective-directive":"style-src"}}"#;
    let report = security::parse(body).unwrap().0.remove(0);
    let grouping = group(&security::normalise(report, &received(), &security::Sender::default()));
    assert_eq!(grouping.primary.to_string(), "72c95f75d02973b682cb80baf26b198a");
    assert_eq!(grouping.hashes, [grouping.primary]);
}
