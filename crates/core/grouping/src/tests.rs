use serde_json::{Value, json};

use super::*;
use model::id::EventId;
use model::time::Timestamp;
use protocol::sentry::{Received, normalise};

/// Returns an `event` of an SDK, normalised.
pub(super) fn occurrence(event: Value) -> Occurrence {
    let Value::Object(event) = event else { panic!("an object") };
    normalise(event, &received())
}

pub(super) fn received() -> Received {
    Received {
        event_id: EventId::from_bytes([1; 16]),
        received_at: Timestamp::from_seconds(1_700_000_000),
        sent_at: None,
        client_ip: None,
    }
}

/// Returns whether two events are one error: any hash of one is a hash of the other.
fn same(one: &Value, other: &Value) -> bool {
    let (one, other) = (group(&occurrence(one.clone())), group(&occurrence(other.clone())));
    one.hashes.iter().any(|hash| other.hashes.contains(hash))
}

#[track_caller]
pub(super) fn one_error(events: &[Value]) {
    for event in &events[1..] {
        assert!(same(&events[0], event), "{}\n{event}", events[0]);
    }
}

#[track_caller]
pub(super) fn different_errors(events: &[Value]) {
    for (index, one) in events.iter().enumerate() {
        for other in &events[index + 1..] {
            assert!(!same(one, other), "{one}\n{other}");
        }
    }
}

/// Checks the names of the hashes.
#[track_caller]
fn variants(event: Value, expected: &[&str]) {
    let (grouping, explanation) = explain(&occurrence(event.clone()));
    assert_eq!(explanation.variants.iter().map(|variant| variant.name).collect::<Vec<_>>(), expected, "{event}");
    assert_eq!(grouping, group(&occurrence(event)), "an explanation does not change the result");
}

fn python(frames: Value, kind: &str, value: &str) -> Value {
    json!({"platform": "python", "exception": {"values": [{"type": kind, "value": value, "stacktrace": {"frames": frames}}]}})
}

fn message(text: &str) -> Value {
    json!({"logentry": {"message": text}})
}

fn frame(module: &str, function: &str, in_app: bool) -> Value {
    json!({"module": module, "function": function, "filename": "x.py", "lineno": 1, "in_app": in_app})
}

#[test]
fn ids_dates_and_addresses_in_messages_do_not_split() {
    one_error(&[
        message("order 17 of ann@example.com failed at 2024-01-02 03:04:05 from 10.0.0.1"),
        message("order 4711 of bob@example.org failed at 2025-11-12 13:14:15 from 10.2.3.4"),
    ]);
    one_error(&[
        json!({"exception": {"values": [{"type": "E", "value": "no 7c1811ed-e98f-4c9c-a9f9-58c757ff494f"}]}}),
        json!({"exception": {"values": [{"type": "E", "value": "no bea691f2-2e25-4bec-6838-e0c44b03d60a"}]}}),
    ]);
    one_error(&[message("a\n\nb\nc"), message("a\nb\nd")]);
    different_errors(&[
        message("a\nb"),
        message("a\nc"),
        message("a\nb\nc"),
        message("order failed"),
        message("payment failed"),
    ]);
}

/// A template groups its messages, whatever the parameters are.
#[test]
fn a_template_takes_precedence_over_its_text() {
    one_error(&[
        json!({"logentry": {"message": "no row %s", "params": ["apple"]}}),
        json!({"logentry": {"message": "no row %s", "formatted": "no row pear"}}),
        json!({"message": {"message": "no row %s", "params": ["fig"]}}),
    ]);
}

#[test]
fn errors_of_one_type_are_distinguished_by_their_frames() {
    let at = |function: &str| {
        python(json!([frame("shop.views", "view", true), frame("shop.db", function, true)]), "KeyError", "x")
    };
    different_errors(&[at("find"), at("save")]);
    let value = |value: &str| json!({"exception": {"values": [{"type": "KeyError", "value": value}]}});
    different_errors(&[value("apple tree"), value("pear tree")]);
}

#[test]
fn changes_of_every_release_do_not_contribute() {
    let mut moved = frame("shop.db", "find", true);
    moved["lineno"] = 99.into();
    moved["abs_path"] = "/srv/releases/2/x.py".into();
    one_error(&[
        python(json!([frame("shop.db", "find", true)]), "KeyError", "row 1 of ann"),
        python(json!([moved]), "KeyError", "row 2 of bob"),
    ]);
}

#[test]
fn libraries_do_not_split_and_old_errors_are_found_if_marks_change() {
    let with = |library: &str, own: bool| {
        python(json!([frame("shop.db", "find", true), frame(library, "get", own)]), "KeyError", "x")
    };
    one_error(&[with("lib.v1", false), with("lib.v2", false)]);
    one_error(&[with("lib.v1", false), with("lib.v1", true)]);
    variants(with("lib", false), &["app", "system"]);
    variants(with("lib", true), &["app"]);
    variants(python(json!([frame("lib", "get", false)]), "KeyError", "x"), &["system"]);
    variants(python(json!([]), "KeyError", "x"), &["value"]);
}

#[test]
fn unmarked_libraries_are_recognised_by_their_location() {
    let event = |platform: &str, library: Value| {
        json!({"platform": platform, "exception": [{"type": "E", "stacktrace": {"frames": [
            {"module": "shop.Cart", "function": "total", "filename": "src/cart"}, library
        ]}}]})
    };
    for (platform, library) in [
        (
            "python",
            json!({"filename": "a.py", "abs_path": "/srv/venv/lib/python3.12/site-packages/a.py", "function": "f"}),
        ),
        ("node", json!({"filename": "/srv/node_modules/a/b.js", "function": "f"})),
        ("node", json!({"filename": "node:internal/timers", "function": "f"})),
        ("php", json!({"filename": "/srv/vendor/a/b.php", "function": "f"})),
        ("ruby", json!({"filename": "/usr/local/bundle/gems/a/b.rb", "function": "f"})),
        ("go", json!({"filename": "C:\\go\\pkg\\mod\\a\\b.go", "function": "f"})),
        ("java", json!({"module": "org.springframework.web.Servlet", "function": "f"})),
        ("csharp", json!({"module": "System.Linq.Enumerable", "function": "f"})),
        ("javascript", json!({"filename": "https://unpkg.com/react@18/react.js", "function": "f"})),
    ] {
        variants(event(platform, library), &["app", "system"]);
    }
    variants(event("python", json!({"filename": "src/b.py", "function": "f"})), &["app"]);
    variants(event("native", json!({"function": "f", "package": "/opt/libx.so"})), &["system"]);
}

#[test]
fn a_function_that_calls_itself_counts_once() {
    let recursive = |times: usize| {
        let mut frames = vec![frame("m", "main", true)];
        frames.extend(std::iter::repeat_n(frame("m", "walk", true), times));
        python(frames.into(), "RecursionError", "too deep")
    };
    one_error(&[recursive(1), recursive(2), recursive(5_000)]);
}

fn chrome(frames: Value) -> Value {
    json!({"platform": "javascript", "exception": {"values": [{"type": "TypeError", "value": "x is undefined", "stacktrace": {"frames": frames}}]}})
}

/// The same JavaScript error is one error in every browser, although browsers name functions, anonymous functions and
/// native code differently.
#[test]
fn a_javascript_error_is_the_same_in_every_browser() {
    let url = "https://shop.test/static/app.3f2a.js";
    let at = |function: &str| json!({"function": function, "filename": url, "lineno": 1, "colno": 2, "in_app": true});
    let native =
        |function: &str, path: &str| json!({"function": function, "filename": path, "abs_path": path, "in_app": false});
    one_error(&[
        chrome(json!([
            at("?"),
            at("Cart.total"),
            native("Array.map", "<anonymous>"),
            at("<anonymous>"),
            at("Object.price")
        ])),
        chrome(json!([at(""), at("total"), at("total/<"), at("price")])),
        chrome(json!([
            at("Anonymous function"),
            at("Cart.prototype.total"),
            native("Array.prototype.map", "native code"),
            at("Anonymous function"),
            at("price")
        ])),
        chrome(json!([at("?"), at("total"), native("map", "[native code]"), at("?"), at("price")])),
    ]);
    different_errors(&[chrome(json!([at("total"), at("price")])), chrome(json!([at("total"), at("tax")]))]);
    // The top level of a script has no meaning, so type and value contribute.
    variants(chrome(json!([at("?")])), &["value"]);
}

#[test]
fn a_different_cause_is_a_different_error() {
    let chain = |cause: &str| {
        let stack = |function: &str| json!({"frames": [frame("shop", function, true)]});
        json!({"platform": "python", "exception": {"values": [
            {"type": cause, "value": "x", "stacktrace": stack("query")},
            {"type": "ServiceError", "value": "y", "stacktrace": stack("serve")},
        ]}})
    };
    different_errors(&[chain("Timeout"), chain("Refused")]);
    assert_eq!(group(&occurrence(chain("Timeout"))).title, "ServiceError: y");
}

/// Returns an exception group with members `(type, function, id, parent, is group)`, in the order of an SDK: the root
/// last.
fn exception_group(members: &[(&str, &str, u64, Option<u64>, bool)]) -> Value {
    let values: Vec<_> = members
        .iter()
        .map(|&(kind, function, id, parent, is_group)| {
            json!({"type": kind, "value": "v", "stacktrace": {"frames": [frame("m", function, true)]},
                "mechanism": {"type": "chained", "exception_id": id, "parent_id": parent, "is_exception_group": is_group}})
        })
        .collect();
    json!({"platform": "python", "exception": {"values": values}})
}

#[test]
fn a_group_of_one_kind_of_exception_is_that_exception() {
    let one = exception_group(&[("KeyError", "a", 1, Some(0), false), ("ExceptionGroup", "run", 0, None, true)]);
    let three = exception_group(&[
        ("KeyError", "a", 3, Some(0), false),
        ("KeyError", "a", 2, Some(0), false),
        ("KeyError", "a", 1, Some(0), false),
        ("ExceptionGroup", "run", 0, None, true),
    ]);
    let two_kinds = |first: &'static str, second: &'static str| {
        exception_group(&[
            (second, "b", 2, Some(0), false),
            (first, "a", 1, Some(0), false),
            ("ExceptionGroup", "run", 0, None, true),
        ])
    };
    one_error(&[one.clone(), three]);
    different_errors(&[one.clone(), two_kinds("KeyError", "OSError")]);
    assert_eq!(group(&occurrence(one)).title, "KeyError: v");
    assert_eq!(group(&occurrence(two_kinds("KeyError", "OSError"))).title, "ExceptionGroup: v");
}

/// A group that does not form a tree is treated as a list: cycles, missing parents, repeated ids.
#[test]
fn a_broken_group_is_a_list() {
    for members in [
        vec![("A", "a", 1, Some(1), true), ("B", "b", 0, Some(1), true)],
        vec![("A", "a", 0, Some(0), true), ("B", "b", 0, Some(0), true)],
        vec![("A", "a", 1, Some(2), true), ("B", "b", 2, Some(1), true)],
        vec![("A", "a", 7, Some(9), false), ("B", "b", 8, None, true)],
    ] {
        variants(exception_group(&members), &["app"]);
    }
}

#[test]
fn a_signal_is_grouped_by_its_frames_and_named_by_its_function() {
    let crash = |kind: &str, function: &str| {
        json!({"platform": "native", "exception": [{"type": kind, "value": "Segfault", "mechanism": {"type": "signalhandler", "synthetic": true},
        "stacktrace": {"frames": [
            {"function": "__libc_start_main"}, {"function": "main"}, {"function": function}, {"function": "abort"}, {"function": "raise"},
        ]}}]})
    };
    one_error(&[crash("SIGSEGV", "shop::total"), crash("SIGBUS", "shop::total(int)")]);
    different_errors(&[crash("SIGSEGV", "shop::total"), crash("SIGSEGV", "shop::tax")]);
    assert_eq!(group(&occurrence(crash("SIGSEGV", "shop::total"))).title, "shop::total");
}

/// Panics as the SDK for Rust sends them: it marks all unknown functions as in-app, particularly inlined ones.
#[test]
fn panics_in_different_functions_are_different_errors() {
    let library = "/rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/std/src/panicking.rs";
    let sdk = "/home/jo/.cargo/registry/src/index-1949cf8c6b5b557f/sentry-core-0.49.5/src/hub.rs";
    let panic = |catch: &str, function: &str, inlined: &str| {
        let frames = json!([
            {"function": "main", "in_app": true},
            {"function": "std::rt::lang_start_internal", "abs_path": library, "in_app": false},
            {"function": catch, "abs_path": library, "in_app": false},
            {"function": format!("{catch}::do_call::<i32>"), "abs_path": library, "in_app": false},
            {"function": "{closure#0}<core::result::Result<(), ()>>", "abs_path": library, "in_app": true},
            {"function": function, "abs_path": "/home/jo/shop/src/main.rs", "in_app": true},
            {"function": inlined, "abs_path": sdk, "in_app": true},
            {"function": "core::panicking::panic_fmt", "abs_path": library, "in_app": false},
            {"function": "std::panicking::panic_with_hook", "abs_path": library, "in_app": false},
            {"function": "with_active<()>", "abs_path": sdk, "in_app": true},
        ]);
        json!({"platform": "native", "exception": [{"type": "panic", "value": "x", "stacktrace": {"frames": frames}}]})
    };
    let (older, newer) = ("std::panicking::try", "std::panicking::catch_unwind");
    different_errors(&[panic(newer, "shop::pay", "a"), panic(newer, "shop::load", "a")]);
    one_error(&[panic(newer, "shop::pay", "a"), panic(older, "shop::pay", "b")]);
    variants(panic(newer, "shop::pay", "a"), &["app", "system"]);
    let occurrence = occurrence(panic(newer, "shop::pay", "a"));
    assert_eq!(occurrence.culprit.as_deref(), Some("/home/jo/shop/src/main.rs in shop::pay"));
}

#[test]
fn threads_contribute_if_no_exception_does() {
    let thread = |function: &str, crashed: bool| json!({"id": 1, "crashed": crashed, "stacktrace": {"frames": [frame("m", function, true)]}});
    let event = |threads: Vec<Value>| json!({"platform": "python", "message": "stuck", "threads": {"values": threads}});
    different_errors(&[event(vec![thread("a", false)]), event(vec![thread("b", false)])]);
    one_error(&[
        event(vec![thread("a", true), thread("x", false)]),
        event(vec![thread("y", false), thread("a", true)]),
    ]);
    variants(event(vec![thread("a", false), thread("b", false)]), &["message"]);
    variants(event(vec![thread("a", true), thread("b", true)]), &["message"]);
}

#[test]
fn a_fingerprint_of_the_client_decides() {
    let with = |fingerprint: Value, value: &str| json!({"fingerprint": fingerprint, "exception": {"values": [{"type": "E", "value": value}]}});
    one_error(&[with(json!(["checkout"]), "a"), with(json!(["checkout"]), "b")]);
    one_error(&[with(json!([1, true]), "a"), with(json!(["1", "True"]), "b")]);
    one_error(&[with(json!([]), "a"), with(json!(["{{ default }}"]), "a"), with(json!(null), "a")]);
    different_errors(&[
        with(json!(["{{ default }}", "eu"]), "a"),
        with(json!(["{{ default }}", "us"]), "a"),
        with(json!(["{{ default }}", "eu"]), "b"),
        with(json!(["eu"]), "a"),
        with(json!([]), "a"),
    ]);
    one_error(&[json!({"checksum": "abc", "message": "a"}), json!({"checksum": "abc", "message": "b"})]);
}

#[test]
fn an_empty_event_has_a_group_too() {
    variants(json!({}), &["nothing"]);
    one_error(&[json!({}), json!({"exception": {"values": []}, "message": ""})]);
}

/// v1 errors are grouped by their message, by the same function.
#[test]
fn a_v1_error_is_grouped_by_its_message() {
    let mut occurrence = occurrence(message("m"));
    occurrence.source = model::occurrence::Source::V1;
    occurrence.message = "boom 17".to_owned();
    let grouping = group(&occurrence);
    assert_eq!((grouping.primary, grouping.title.as_str()), (super::message_fingerprint("boom 17"), "boom 17"));
    assert_eq!(grouping.hashes, [grouping.primary]);
}

#[test]
fn titles() {
    let check = |event: Value, expected: &str| assert_eq!(group(&occurrence(event.clone())).title, expected, "{event}");
    check(json!({"exception": {"values": [{"type": "E", "value": "\n  first\nsecond"}]}}), "E: first");
    check(json!({"exception": {"values": [{"type": "E"}]}}), "E");
    check(json!({"exception": {"values": [{"value": "hello world"}]}}), "hello world");
    check(
        json!({"exception": {"values": [{"type": "E", "value": "cause"}, {"type": "Error",
        "value": "There was an error during concurrent rendering but React was able to recover by instead ..."}]}}),
        "E: cause",
    );
    // Messages, and thrown strings, as JavaScript's SDKs send them.
    let thrown = |kind: Value| {
        json!({"platform": "node", "exception": {"values": [{"type": kind, "value": "hello",
        "mechanism": {"synthetic": true}, "stacktrace": {"frames": [{"function": "run", "in_app": true}]}}]}})
    };
    check(thrown(Value::Null), "hello");
    check(thrown("Error".into()), "Error: hello");
    check(json!({"message": "\n\nhello\nworld"}), "hello");
    check(json!({"logentry": {"message": "no %s", "formatted": "no row"}}), "no row");
    check(json!({"message": "x".repeat(2_000)}), &"x".repeat(720));
    check(json!({}), "<no message>");
}

/// The explanation names what contributed, what did not, and why not.
#[test]
fn an_explanation_says_why() {
    let mut frames = vec![frame("shop", "view", true), frame("lib", "get", false)];
    frames.push(frames[1].clone());
    let (_, explanation) = explain(&occurrence(python(frames.into(), "KeyError", "row 17")));
    let shown = serde_json::to_value(&explanation).unwrap();
    assert_eq!((shown["basis"].as_str(), shown["version"].as_u64()), (Some("exceptions"), Some(u64::from(VERSION))));
    assert_eq!(shown["variants"][0]["name"], "app");
    assert_eq!(shown["variants"][0]["fingerprint"].as_str().unwrap().len(), 32);
    let exception = &shown["components"][0]["components"];
    assert_eq!(exception[0], json!({"name": "type", "value": "KeyError", "contributes": true}));
    assert_eq!(exception[2], json!({"name": "value", "contributes": false, "why": "the frames are used instead"}));
    let frames = &exception[1]["components"];
    assert_eq!(frames[0]["inApp"], true);
    assert_eq!(frames[0]["components"][1], json!({"name": "function", "value": "view", "contributes": true}));
    assert_eq!((frames[1]["inApp"].as_bool(), frames[1]["contributes"].as_bool()), (Some(false), Some(true)));
    assert_eq!(frames[2]["why"], "recursive call");
    let (_, explanation) =
        explain(&occurrence(json!({"fingerprint": ["{{ default }}", "{{ level }}"], "message": "m 17"})));
    let shown = serde_json::to_value(&explanation).unwrap();
    assert_eq!(shown["components"][0]["value"], "error");
    assert_eq!(shown["components"][1]["components"][0]["value"], "m <number>");
}
