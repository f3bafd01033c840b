//! Events as real clients send them become the right values.

use serde_json::{Map, Value, json};

use super::normalise;
use super::tests::received;
use model::occurrence::Occurrence;

fn occurrence(event: Value) -> Occurrence {
    let Value::Object(event) = event else { panic!("an object") };
    normalise(event, &received())
}

/// PHP serialises a list with gaps, or a sorted list, as an object.
fn php(entries: &[Value]) -> Value {
    let entries = entries.iter().enumerate().map(|(index, entry)| ((index * 3).to_string(), entry.clone()));
    // With twelve entries, the order of the keys as strings differs from their order as numbers.
    Value::Object(entries.collect::<Map<_, _>>())
}

#[test]
fn a_list_may_be_an_object_whose_keys_are_numbers() {
    let frames: Vec<_> = (0..12).map(|line| json!({ "function": "f", "lineno": line })).collect();
    let lines = |occurrence: &Occurrence| {
        let frames = &occurrence.exceptions[0].stacktrace.as_ref().expect("a stack").frames;
        frames.iter().filter_map(|frame| frame.lineno).collect::<Vec<_>>()
    };
    let expected: Vec<_> = (0..12).collect();
    for stack in [json!({ "frames": php(&frames) }), php(&frames)] {
        let exception = json!({ "type": "E", "value": "no total", "stacktrace": stack });
        for exceptions in [
            json!([exception]),
            php(std::slice::from_ref(&exception)),
            json!({ "values": [exception] }),
            json!({ "values": php(std::slice::from_ref(&exception)) }),
        ] {
            let occurrence = occurrence(json!({ "exception": exceptions }));
            assert_eq!((lines(&occurrence), occurrence.message.as_str()), (expected.clone(), "no total"));
            assert_eq!(occurrence.errors, []);
        }
    }
    let occurrence = occurrence(json!({
        "breadcrumbs": { "values": php(&[json!({ "message": "a" }), json!({ "message": "b" })]) },
        "threads": php(&[json!({ "id": 1 }), json!({ "id": 2 })]),
        "fingerprint": php(&["x".into(), "y".into()]),
        "tags": php(&[json!(["a", "1"]), json!({ "key": "b", "value": "2" }), php(&["c".into(), "3".into()])]),
        "logentry": { "message": "%s of %s", "params": { "0": "one", "1": "two" } },
        "request": { "headers": { "Accept": { "0": "a", "1": "b" } }, "query_string": { "0": ["q", "1"] } },
        "stacktrace": { "frames": [{ "lineno": 2, "pre_context": { "0": "one" }, "vars": ["first", 2] }] },
    }));
    assert_eq!(occurrence.errors, []);
    assert_eq!(occurrence.breadcrumbs.len() + occurrence.threads.len() + occurrence.fingerprint.len(), 6);
    assert_eq!(
        occurrence.tags.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>(),
        ["a=1", "b=2", "c=3"]
    );
    assert_eq!(occurrence.message, "one of two");
    assert_eq!(
        (&occurrence.request["headers"]["Accept"], &occurrence.request["query_string"]),
        (&json!("a,b"), &json!("q=1"))
    );
    let frame = &occurrence.stacktrace.as_ref().expect("a stack").frames[0];
    assert_eq!((frame.pre_context.as_slice(), &frame.vars["1"]), (["one".to_owned()].as_slice(), &json!(2)));
}

/// Repeating a name for each of its values does not make a query larger than the event.
#[test]
fn a_query_made_of_an_object_is_bounded() {
    let many: Map<_, _> = (0..5_000).map(|number| (format!("k{number}"), json!("x"))).collect();
    let query = |name: usize| occurrence(json!({ "request": { "query_string": { "n".repeat(name): many.clone() } } }));
    let length = |occurrence: &Occurrence| occurrence.request["query_string"].as_str().map(str::len);
    let cut = query(1_000);
    assert_eq!((length(&cut), cut.errors[0].name.as_str()), (Some(256 << 10), "request.query_string"));
    let whole = query(2_000);
    assert!(length(&whole).is_some_and(|length| length < 256 << 10) && whole.errors.is_empty());
}

/// Objects whose keys are numbers stay objects where names are expected.
#[test]
fn an_object_whose_names_are_numbers_stays_one() {
    let occurrence = occurrence(
        json!({ "tags": { "1": "a", "2": "b" }, "extra": { "0": "x" }, "request": { "headers": { "7": "y" } } }),
    );
    assert_eq!((occurrence.tags["1"].as_str(), &occurrence.extra["0"]), ("a", &json!("x")));
    assert_eq!(occurrence.request["headers"], json!({ "7": "y" }));
    assert_eq!(occurrence.errors, []);
}

#[test]
fn levels_are_read_as_loggers_call_them() {
    for (words, level) in [
        (
            vec![
                json!("fatal"),
                json!("CRITICAL"),
                json!("crit"),
                json!("emerg"),
                json!("Alert"),
                json!(50),
                json!("60"),
                json!(600),
            ],
            "fatal",
        ),
        (
            vec![
                json!("error"),
                json!("ERR"),
                json!("Severe"),
                json!(40),
                json!(40.0),
                json!("3"),
                json!(400),
                Value::Null,
            ],
            "error",
        ),
        (vec![json!("warn"), json!("WARNING"), json!(" Warning "), json!(30), json!(4), json!(300)], "warning"),
        (
            vec![json!("notice"), json!("INFO"), json!("Information"), json!("log"), json!(20), json!(250), json!(5)],
            "info",
        ),
        (vec![json!("trace"), json!("DEBUG"), json!("verbose"), json!(10), json!(100), json!(7)], "debug"),
    ] {
        for word in words {
            let occurrence = occurrence(json!({ "level": word }));
            assert_eq!((occurrence.level.as_str(), occurrence.errors.len()), (level, 0), "{word}");
        }
    }
    for word in [json!("loud"), json!(35), json!(0), json!({}), json!("")] {
        let occurrence = occurrence(json!({ "level": word }));
        assert_eq!((occurrence.level.as_str(), occurrence.errors.len()), ("error", 1), "{word}");
    }
}

#[test]
fn the_placeholder_of_the_address_may_have_spaces() {
    for word in ["{{auto}}", "{{ auto }}", " {{auto }} ", "{{ AUTO }}"] {
        let occurrence = occurrence(json!({ "user": { "ip_address": word } }));
        let expected = received().client_ip.map(|ip| json!(ip.to_string()));
        assert_eq!(occurrence.user.get("ip_address"), expected.as_ref(), "{word}");
    }
}

/// Every list of an event is limited, and lists that are cut are reported.
#[test]
fn lists_are_bounded() {
    let many = |entry: Value| vec![entry; 20_000];
    let tags: Vec<_> = (0..20_000).map(|number| json!([format!("t{number}"), "x"])).collect();
    let mut threads = many(json!({ "id": 1 }));
    threads[12_345] = json!({ "id": 7, "crashed": true });
    let occurrence = occurrence(json!({
        "fingerprint": many(json!("x")),
        "tags": tags,
        "threads": threads,
        "breadcrumbs": many(json!({ "message": "x" })),
        "exception": many(json!({ "type": "E" })),
        "stacktrace": { "frames": vec![json!({ "function": "f" }); 20_000] },
    }));
    let stack = occurrence.stacktrace.as_ref().expect("a stack");
    let lengths = [
        occurrence.fingerprint.len(),
        occurrence.tags.len(),
        occurrence.threads.len(),
        occurrence.breadcrumbs.len(),
        occurrence.exceptions.len(),
        stack.frames.len(),
    ];
    assert_eq!(lengths, [100, 500, 1_000, 500, 50, 250]);
    assert_eq!(occurrence.threads[0].crashed, Some(true), "the crashed thread is kept");
    let mut named: Vec<_> = occurrence.errors.iter().map(|problem| problem.name.as_str()).collect();
    named.sort_unstable();
    assert_eq!(named, ["breadcrumbs", "exception", "fingerprint", "stacktrace.frames", "tags", "threads"]);
    let line = json!({ "pre_context": many(json!("x")), "post_context": many(json!("y")) });
    let frame = super::tests::received();
    let occurrence = normalise(Map::from_iter([("stacktrace".to_owned(), json!([line]))]), &frame);
    let stack = occurrence.stacktrace.as_ref().expect("a stack");
    assert_eq!(
        (stack.frames[0].pre_context.len(), stack.frames[0].post_context.len(), occurrence.errors.len()),
        (50, 50, 2)
    );
}
