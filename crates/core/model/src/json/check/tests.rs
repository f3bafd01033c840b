use super::*;
use crate::json::{Value, parse};

#[test]
fn checking_repairs_what_parsing_repairs() {
    assert_eq!(check(b"{\"a\":1}", MAX_DEPTH).unwrap(), Cow::Borrowed(b"{\"a\":1}"));
    assert_eq!(*check(b"{\"a\":NaN}", MAX_DEPTH).unwrap(), *b"{\"a\":null}");
    assert_eq!(check(b"{\"a\":}", MAX_DEPTH).unwrap_err().to_string(), "not JSON: expected value at line 1 column 6");
}

#[test]
fn the_depth_is_bounded() {
    let list = |depth: u8| ["[".repeat(depth.into()), "]".repeat(depth.into())].concat();
    let objects = |depth: u8| ["{\"a\":".repeat(depth.into()), "1".to_owned(), "}".repeat(depth.into())].concat();
    for text in [list(MAX_DEPTH), objects(MAX_DEPTH)] {
        assert!(check(text.as_bytes(), MAX_DEPTH).is_ok(), "{text}");
    }
    for text in [list(MAX_DEPTH + 1), objects(MAX_DEPTH + 1)] {
        let error = check(text.as_bytes(), MAX_DEPTH).unwrap_err().to_string();
        assert!(error.contains("nested too deep"), "{error}");
    }
    assert!(check(list(3).as_bytes(), 3).is_ok());
    assert!(check(list(4).as_bytes(), 3).is_err());
}

/// To the parser, this is not an object but the JSON in its text, at any depth.
#[test]
fn keys_with_a_meaning_for_the_parser_are_refused() {
    for text in [r#"{"a":[{"$serde_json::private::RawValue":1}]}"#, r#"{"$serde_json::private::RawValue":"[]"}"#] {
        let error = check(text.as_bytes(), MAX_DEPTH).unwrap_err().to_string();
        assert!(error.contains("reserved key"), "{error}");
    }
}

proptest::proptest! {
    /// An event that was accepted can be processed: both ways of reading agree on what is JSON.
    #[test]
    fn both_readings_agree(text in r#"[\{\}\[\]:,"\\a-c0-9eE.\-+ NaIu\u{0}-\u{1f}]{0,24}"#) {
        let text = format!("{{\"a\":{text}}}");
        proptest::prop_assert_eq!(check(text.as_bytes(), MAX_DEPTH).is_ok(), parse::<Value>(text.as_bytes()).is_ok());
    }
}

#[test]
fn memory_is_counted_and_so_is_what_would_be_written() {
    let text = r#"{"a":[1,-23,4.5,1e15,true,false,null,"x\u00e9\n\u0001\"\\"],"b":{},"c":[],"d":{"e":[{}]}, "f" : 0}"#;
    let tally = Tally { writes: true, ..Tally::default() };
    let mut reader = serde_json::Deserializer::from_str(text);
    Check { levels: 9, kept: 0, tally: &tally }.deserialize(&mut reader).unwrap();
    assert_eq!(tally.written.get(), serde_json::from_str::<Value>(text).unwrap().to_string().len());
    let memory = |text: &str| measure(text.as_bytes(), MAX_DEPTH).unwrap().1;
    let list = |entry: &str| format!("[{}0]", format!("{entry},").repeat(10_000));
    assert_eq!(memory("7"), 32);
    assert!((320_000..330_000).contains(&memory(&list("0"))));
    assert!((320_000..330_000).contains(&memory(&list("{}"))));
    assert!(memory(&list(r#"{"a":0}"#)) > 7_000_000, "each object has room for eleven entries");
}
