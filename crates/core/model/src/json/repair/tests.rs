use crate::json::{Value, parse};

#[track_caller]
fn check(input: &[u8], expected: &str) {
    let parsed = parse::<Value>(input).map(|value| value.to_string());
    assert_eq!(parsed.as_deref().ok(), Some(expected), "{}: {parsed:?}", String::from_utf8_lossy(input));
}

#[test]
fn bytes_and_surrogates_are_replaced() {
    check(br#"{"a":"\udc80x"}"#, "{\"a\":\"\u{fffd}x\"}");
    check(br#"["\ud83d","\ud83dx","\ud83d\ud83d\ude00"]"#, "[\"\u{fffd}\",\"\u{fffd}x\",\"\u{fffd}😀\"]");
    check(b"\xef\xbb\xbf{\"a\":\"\xff\"}", "{\"a\":\"\u{fffd}\"}");
    check(br#"["\\ud800", NaN]"#, r#"["\\ud800",null]"#);
    check(b"[\"caf\xe9 \\\xe9\",\"\xe2\x82\"]", "[\"caf\u{fffd} \\\\\u{fffd}\",\"\u{fffd}\"]");
}

#[test]
fn numbers_that_json_does_not_have_are_read() {
    check(br#"[NaN,Infinity,-Infinity,-1,"NaN \" Infinity"]"#, r#"[null,null,null,-1,"NaN \" Infinity"]"#);
    check(
        b"[nan,-nan,inf,-inf,+inf,INF,-nan(ind),nan(0x8000),1.#INF,-1.#IND00]",
        "[null,null,null,null,null,null,null,null,null,null]",
    );
    check(b"{\"a\":1e400,\"b\":-1e400}", r#"{"a":"1e400","b":"-1e400"}"#);
    check(
        b"[+1,.5,-.5,5.,5.e3,007,-007,00,0x1F,-0X1f,1e5,1E+2]",
        "[1,0.5,-0.5,5.0,5000.0,7,-7,0,31,-31,100000.0,100.0]",
    );
    check(
        b"{\"a\":True,\"b\":FALSE,\"c\":None,\"d\":undefined,\"e\":NULL}",
        r#"{"a":true,"b":false,"c":null,"d":null,"e":null}"#,
    );
}

#[test]
fn control_characters_and_escapes_in_texts_are_read() {
    check(b"{\"a\":\"line\nnext\ttab\r\x00\x1b[31m\"}", r#"{"a":"line\nnext\ttab\r\u0000\u001b[31m"}"#);
    check(br#"["\x41\x22\x5c\x0a", "\'", "\e\a\v\0"]"#, r#"["A\"\\\n","'","\u001b\u0007\u000b\u0000"]"#);
    check(
        br#"["\u{1F600}\u{41}","\U0001F600","\u{}","\u12","\xZZ"]"#,
        "[\"😀A\",\"😀\",\"\\\\u{}\",\"\\\\u12\",\"\\\\xZZ\"]",
    );
    check(br#"["C:\Users\max\q \d+"]"#, r#"["C:\\Users\\max\\q \\d+"]"#);
    check(b"[\"over\\\nlines\"]", r#"["over\\\nlines"]"#);
    check(br#"["a\"b\\", "\\"]"#, r#"["a\"b\\","\\"]"#);
    check(b"[\"\\u00e9 \\ud83d\\ude00 \xe2\x82\xac\n\"]", "[\"é 😀 €\\n\"]");
}

#[test]
fn what_stands_around_values_is_left_out() {
    check(b"{\"a\":1}\0", r#"{"a":1}"#);
    check(b"{\"a\":1}\0\0garbage \"of an older buffer", r#"{"a":1}"#);
    check(b"\0\x01{\"a\":\x02 1}\x1a", r#"{"a":1}"#);
    check(b"{\"a\":[1,2,],\"b\":{\"c\":1 , \n},}", r#"{"a":[1,2],"b":{"c":1}}"#);
    check(b"{a: 1, $b_2: nan, \"c\":2, null: 3, 7: 1}", r#"{"$b_2":null,"7":1,"a":1,"c":2,"null":3}"#);
}

#[test]
fn what_is_not_json_stays_an_error() {
    let deep = [b'['; 100_000];
    for bad in [
        &b""[..],
        b"{",
        b"nope",
        b"{\"a\":}",
        b"\"\\u12",
        b"\"\\",
        b"{\"a\":\"x}",
        b"{}x",
        b"{}{}",
        b"[1 2]",
        b"{\"a\" 1}",
        &deep,
    ] {
        assert!(parse::<Value>(bad).is_err(), "{}", String::from_utf8_lossy(bad));
    }
}

/// The size of the copy is bounded for any input, and the copy is made in one pass.
#[test]
fn a_repaired_text_is_at_most_three_times_as_long() {
    for junk in ["\u{1}", "\\q", "\\x01", "nan,", "1e999,", "\u{0}", "a:", ",]", "\\"] {
        for quote in ["", "\""] {
            let text = format!("[{quote}{}{quote}]", junk.repeat(200_000));
            let repaired = super::repair(text.as_bytes());
            assert!(
                repaired.len() <= 3 * text.len() + super::MIN_ROOM,
                "{junk:?}: {} of {}",
                repaired.len(),
                text.len()
            );
        }
    }
    let bytes = [b"\"".as_slice(), &[0xff; 1_000_000], b"\""].concat();
    assert!(super::repair(&bytes).len() <= 3 * bytes.len() + super::MIN_ROOM);
    assert!(parse::<Value>(&bytes).is_ok());
}

proptest::proptest! {
    /// Valid JSON is not changed.
    #[test]
    fn json_stays_as_it_is(text in r#"[\{\}\[\]:,"\\a-f0-9eE.\-+ nulltrue]{0,40}"#) {
        if let Ok(value) = serde_json::from_str::<Value>(&text) {
            let repaired = super::repair(text.as_bytes());
            proptest::prop_assert_eq!(serde_json::from_slice::<Value>(&repaired).ok(), Some(value));
        }
    }
}
