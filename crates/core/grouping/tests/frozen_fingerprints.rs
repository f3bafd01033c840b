//! Fingerprints of sample events, which must never change.
//!
//! **Never edit an expected value here once 0.1.0 is released.** A fingerprint names an error in the database, in URLs,
//! and in issues that were created. If a change of the rules changes a fingerprint, all users get their errors of that
//! kind as new errors after an upgrade. A better rule needs a new version (`sentry:3:…`), must still compute the old
//! hashes so that old errors are found, and gets a table of its own. (Version 1 was never released, so its hashes are
//! no longer computed.)

use grouping::group;
use model::id::EventId;
use model::time::Timestamp;
use protocol::sentry::{Received, normalise, security};
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
fn fingerprints_of_version_2_do_not_change() {
    check(json!({}), &["cf6a94f41cbc4d5951fa5b01e33721ec"]);
    check(json!({"message": "order 17 of ann@example.com failed"}), &["73ca8235f618d51d0c66506c1e3f7689"]);
    check(json!({"checksum": "abc"}), &["20b41d7451da28358acdb60a7403433e"]);
    check(json!({"fingerprint": ["checkout", "{{ level }}"]}), &["57b2030bd1eed95076fffb4f3484a0ff"]);
    check(json!({"fingerprint": ["{{ default }}", "eu"], "message": "m"}), &["60951fbe05fb0920b634f2354f6d5844"]);
    check(
        json!({"exception": {"values": [{"type": "KeyError", "value": "row 17"}]}}),
        &["d8e523fa3de48b820b58e930094c29bf"],
    );
    check(
        json!({"template": {"filename": "a.html", "context_line": " {{ x }}"}}),
        &["38642d4ddca4f7a94e0804e3b7a43da4"],
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
        &["5981597e302fd0b3f5eedd60146bbf8b", "68102f65c99a6e892a513d15b682113d"],
    );
    check(
        json!({"platform": "javascript", "exception": {"values": [{"type": "TypeError", "value": "x", "stacktrace": {"frames": [
            {"function": "Cart.total", "filename": "https://shop.test/app.js", "in_app": true},
            {"function": "new Price", "filename": "https://shop.test/app.js", "in_app": true},
        ]}}]}}),
        &["d71a65987e8561223135178b098538e7"],
    );
    check(
        json!({"platform": "rust", "threads": {"values": [{"current": true, "stacktrace": {"frames": [
            {"function": "main", "in_app": true},
            {"function": "<shop::Cart as shop::Total>::total::h0123456789abcdef", "in_app": true},
            {"function": "core::panicking::panic_fmt", "in_app": false},
        ]}}]}}),
        &["1f15ed828b6aadc021dfd754aef6578f", "caa6c1f2c0df53ca7a126c136067709a"],
    );
}

#[test]
fn fingerprints_of_reports_do_not_change() {
    let body = br#"{"csp-report":{"document-uri":"https://shop.test/","blocked-uri":"https://cdn.test/a.css","effective-directive":"style-src"}}"#;
    let report = security::parse(body).unwrap().0.remove(0);
    let grouping = group(&security::normalise(report, &received(), &security::Sender::default()));
    assert_eq!(grouping.primary.to_string(), "8befb4fc77c70ab51d09d4d603b00cdd");
    assert_eq!(grouping.hashes, [grouping.primary]);
}
