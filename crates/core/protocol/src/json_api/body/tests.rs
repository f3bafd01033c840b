use serde_json::Map;

use super::*;
use crate::json_api::post::{self, Post};

/// Returns the body as the processor reads it from the inbox.
fn stored(taken: &Taken) -> Post {
    json::parse(&serde_json::to_vec(taken).unwrap()).unwrap()
}

#[track_caller]
fn refused(body: &str, reason: Reason, path: &[&str], says: &str) {
    let refusal = Parsed::of(body.as_bytes()).unwrap_err();
    assert_eq!(refusal.reason, reason, "{body}");
    assert_eq!(refusal.path, path, "{body}");
    assert!(refusal.message.contains(says), "{body}: {}", refusal.message);
}

#[test]
fn a_refusal_names_the_place_and_the_fix() {
    refused("", Reason::BodyNotJson, &[], "JSON object");
    refused("{\"errors\":", Reason::BodyNotJson, &[], "line 1 column 10");
    refused("[]", Reason::BodyInvalid, &[], "is a list");
    refused("{}", Reason::BodyInvalid, &["errors"], "missing");
    refused(r#"{"errors":null}"#, Reason::BodyInvalid, &["errors"], "missing");
    refused(r#"{"errors":{}}"#, Reason::BodyInvalid, &["errors"], "is an object");
    refused(r#"{"errors":[]}"#, Reason::BodyInvalid, &["errors"], "at least one");
    refused(r#"{"errors":[7]}"#, Reason::BodyInvalid, &["errors", "0"], "is a number");
    refused(r#"{"errors":[{}]}"#, Reason::BodyInvalid, &["errors", "0", "message"], "missing");
    refused(r#"{"errors":[{"message":[]}]}"#, Reason::BodyInvalid, &["errors", "0", "message"], "is a list");
    refused(r#"{"errors":[{"message":"m","type":1}]}"#, Reason::BodyInvalid, &["errors", "0", "type"], "a number");
}

/// Limits on the body bound the cost of all later stages.
#[test]
fn a_body_that_would_grow_is_refused() {
    let errors = |n: usize| vec![r#"{"message":"m"}"#; n].join(",");
    let body = |n: usize, note: &str| format!(r#"{{"errors":[{}],"params":{{"note":"{note}"}}}}"#, errors(n));
    assert!(Parsed::of(body(1_000, "").as_bytes()).is_ok());
    refused(&body(1_001, ""), Reason::BodyInvalid, &["errors"], "at most 1000");
    let half = "x".repeat(500_000);
    assert!(Parsed::of(body(60, &half).as_bytes()).is_ok());
    refused(&body(1_000, &half), Reason::BodyTooLargeUnpacked, &[], "send fewer");
    let note = "x".repeat(1 << 20);
    // The size counts as the processor writes it: numbers can become longer, and escapes shorter.
    let numbers = vec!["1e15"; 60_000].join(",");
    refused(
        &format!(r#"{{"errors":[{{"message":"m","n":[{numbers}]}}]}}"#),
        Reason::ItemTooLarge,
        &["errors", "0"],
        "",
    );
    let escapes = "\\u0442".repeat(250_000);
    assert!(Parsed::of(format!(r#"{{"errors":[{{"message":"{escapes}"}}]}}"#).as_bytes()).is_ok());
    let large = format!(r#"{{"errors":[{{"message":"m","note":"{note}"}},{{"message":"small"}}]}}"#);
    let Parsed { taken, refused, .. } = Parsed::of(large.as_bytes()).unwrap();
    assert_eq!((taken.count(), refused[0].reason), (1, Reason::ItemTooLarge));
}

#[test]
fn one_bad_error_leaves_its_neighbours() {
    let Parsed { taken, refused, .. } =
        Parsed::of(br#"{"errors":[{"message":"a"},7,{"message":"b","type":"T"}]}"#).unwrap();
    let post = stored(&taken);
    assert_eq!(post.errors.iter().map(|item| item.message.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(refused.len(), 1);
    assert_eq!((refused[0].reason, refused[0].path.join(".")), (Reason::ItemInvalid, "errors.1".to_owned()));
}

#[test]
fn bodies_of_real_clients_are_accepted() {
    let body = r#"{"errors":[{"type":"","message":"","backtrace":null,"timestamp":null}],
        "notifications":null,"context":null,"session":[],"x":1}"#;
    let Parsed { taken, refused, notifications } = Parsed::of(body.as_bytes()).unwrap();
    let post = stored(&taken);
    assert_eq!(post.errors[0], post::Item { kind: "_".to_owned(), message: String::new(), rest: Map::new() });
    assert_eq!(post.shared.keys().collect::<Vec<_>>(), ["session"]);
    assert!(refused.is_empty() && notifications.is_empty());
}

/// No secret is in the inbox: posted notification configs are not stored with the errors.
#[test]
fn notification_configs_are_kept_apart() {
    let slack = r##"{"type":"slack","endpoint":"https://hooks.slack.com/services/SECRET","channel":"#x"}"##;
    let body = format!(r#"{{"errors":[{{"message":"m"}}],"notifications":[{slack},7]}}"#);
    let Parsed { taken, notifications, refused } = Parsed::of(body.as_bytes()).unwrap();
    assert!(!serde_json::to_string(&taken).unwrap().contains("SECRET"));
    assert_eq!(notifications, [PostedConfig::Plain(serde_json::from_str(slack).unwrap())]);
    assert_eq!(refused.iter().map(|refusal| refusal.path.join(".")).collect::<Vec<_>>(), ["notifications.1"]);
}

/// Parsed JSON can take eighty times the memory of its text. Such a body is refused before it is parsed.
#[test]
fn a_body_that_would_take_much_memory_is_refused() {
    let many = |entry: &str, count: usize| format!("[{}0]", format!("{entry},").repeat(count));
    let body = |key: &str, list: &str| format!(r#"{{"errors":[{{"message":"m"}}],"{key}":{list}}}"#);
    let lists = many("[0]", 1_000_000);
    refused(&body("context", &lists), Reason::BodyTooLargeUnpacked, &[], "too many values");
    refused(&body("x", &lists), Reason::BodyTooLargeUnpacked, &[], "too many values");
    refused(&format!(r#"{{"errors":{}}}"#, many("0", 2_000_000)), Reason::BodyInvalid, &["errors"], "2000001 entries");
    let large = format!(r#"{{"errors":[{{"message":"m","x":{}}},{{"message":"n"}}]}}"#, many("{\"a\":0}", 100_000));
    let Parsed { taken, refused: left_out, .. } = Parsed::of(large.as_bytes()).unwrap();
    assert_eq!((taken.count(), left_out[0].reason), (1, Reason::ItemTooLarge));
    let shared = format!(
        r#"{{"errors":[{}],"context":{}}}"#,
        vec![r#"{"message":"m"}"#; 30].join(","),
        many("{\"a\":0}", 10_000)
    );
    refused(&shared, Reason::BodyTooLargeUnpacked, &[], "send fewer");
}

#[test]
fn no_more_configs_are_read_than_the_limit() {
    let body = |configs: &str| format!(r#"{{"errors":[{{"message":"m"}}],"notifications":{configs}}}"#);
    let Parsed { refused, notifications, .. } =
        Parsed::of(body(&format!("[{}null]", "0,".repeat(500_000))).as_bytes()).unwrap();
    assert!(notifications.is_empty());
    assert_eq!(refused.len(), 11);
    assert!(refused[0].message.contains("500001 notifications"), "{}", refused[0]);
    let large = format!(r#"["{}"]"#, "A".repeat(MAX_CONFIG));
    let refused = Parsed::of(body(&large).as_bytes()).unwrap().refused;
    assert_eq!(
        (refused.len(), refused[0].reason, refused[0].path.join(".")),
        (1, Reason::ItemTooLarge, "notifications.0".to_owned())
    );
    assert!(Parsed::of(body("{}").as_bytes()).unwrap().refused[0].message.contains("not a list"));
}
