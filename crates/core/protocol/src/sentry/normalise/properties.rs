//! Properties that hold for arbitrary input.

use proptest::prelude::*;
use serde_json::{Map, Value};

use super::normalise;
use super::tests::received;
use model::json;
use model::occurrence::Occurrence;

/// Arbitrary JSON, with meaningful names as keys.
fn any_json() -> impl Strategy<Value = Value> {
    const KEYS: [&str; 40] = [
        "exception",
        "values",
        "type",
        "value",
        "stacktrace",
        "frames",
        "function",
        "filename",
        "abs_path",
        "lineno",
        "vars",
        "mechanism",
        "threads",
        "breadcrumbs",
        "tags",
        "user",
        "ip_address",
        "request",
        "headers",
        "cookies",
        "query_string",
        "url",
        "env",
        "data",
        "contexts",
        "trace",
        "trace_id",
        "logentry",
        "message",
        "formatted",
        "params",
        "fingerprint",
        "timestamp",
        "level",
        "platform",
        "release",
        "errors",
        "exception_id",
        "parent_id",
        "is_exception_group",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (0..4u64).prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        "[%{}()a-z:/?#=@.0-9 -]{0,16}".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 60, 6, |inner| {
        let key = prop_oneof![4 => proptest::sample::select(&KEYS[..]).prop_map(str::to_owned), 1 => "\\PC{0,6}"];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::vec((key, inner), 0..6).prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

proptest! {
    /// Whatever an event contains, it becomes an occurrence that can be stored, grouped and read again, and that is not
    /// much larger.
    #[test]
    fn any_event_becomes_an_occurrence(value in any_json()) {
        let event = Map::from_iter([("extra".to_owned(), value.clone())]);
        let events = match value {
            Value::Object(map) => vec![map, event],
            _ => vec![event],
        };
        for event in events {
            let size = serde_json::to_string(&event).unwrap().len();
            let mut occurrence = normalise(event, &received());
            scrub::scrub(&mut occurrence, &scrub::Rules::default());
            let grouping = grouping::group(&occurrence);
            prop_assert!(!grouping.title.is_empty() && grouping.title.len() <= 720);
            prop_assert_eq!(&grouping::explain(&occurrence).0, &grouping);
            let line = serde_json::to_string(&occurrence).unwrap();
            prop_assert!(line.len() <= 20 * size + 1_000, "{} of {size}", line.len());
            prop_assert!(json::parse::<Occurrence>(line.as_bytes()).is_ok());
        }
    }

    #[test]
    fn arbitrary_bytes_do_not_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(event) = json::parse::<Map<String, Value>>(&bytes) {
            normalise(event, &received());
        }
    }
}
