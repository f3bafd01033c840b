//! Finds the key of a request whose protocol has it in the body.

/// Returns the text at `name` at the top of the JSON object that `json` begins with. The object may be cut off after
/// the text: this is for reading a key before the whole body has arrived. Nothing is built to find it.
pub(crate) fn find_text(json: &[u8], name: &str) -> Option<String> {
    let (mut depth, mut is_key, mut matches) = (0_usize, false, false);
    let mut at = 0;
    while at < json.len() {
        match json[at] {
            b'{' | b'[' => {
                depth += 1;
                is_key = json[at] == b'{';
            }
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return None;
                }
            }
            b',' => {
                is_key = true;
                matches = false;
            }
            b':' => is_key = false,
            b'"' => {
                let end = end_of_text(json, at)?;
                let text = &json[at..=end];
                if depth == 1 && is_key {
                    matches = serde_json::from_slice::<String>(text).is_ok_and(|key| key == name);
                } else if depth == 1 && matches {
                    return serde_json::from_slice(text).ok();
                }
                at = end;
            }
            byte if depth == 0 && !byte.is_ascii_whitespace() => return None,
            _ => {}
        }
        at += 1;
    }
    None
}

/// Returns the index of the quote that ends the text that begins at `start`.
fn end_of_text(json: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        match json.get(at)? {
            b'\\' => at += 2,
            b'"' => return Some(at),
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, expected: Option<&str>) {
        assert_eq!(find_text(json.as_bytes(), "apiKey").as_deref(), expected, "{json}");
    }

    #[test]
    fn a_key_is_found_only_at_the_top() {
        check(r#"{"apiKey":"k1"}"#, Some("k1"));
        check(r#" { "a" : [1, {"apiKey":"no"}], "apiKey" : "k1" , "b": 2}"#, Some("k1"));
        check(r#"{"apiKey":"k1","x":"#, Some("k1"));
        check(r#"{"api\u004bey":"k\u0031"}"#, Some("k1"));
        check(r#"{"a":"\"apiKey\":\"no\"","apiKey":"k1"}"#, Some("k1"));
        check(r#"{"apiKey":"k"#, None);
        check(r#"{"apiKey":null,"a":"no"}"#, None);
        check(r#"{"apiKey":{"a":"no"}}"#, None);
        check(r#"{"a":"apiKey"}"#, None);
        check(r#"{"events":[{"apiKey":"no"}]}"#, None);
        check(r#"{}{"apiKey":"no"}"#, None);
        check(r#"[{"apiKey":"no"}]"#, None);
        check(r#"x{"apiKey":"no"}"#, None);
        check(r#"]"#, None);
        check(r#"{"a\"#, None);
        check("", None);
    }

    proptest::proptest! {
        /// In a body that parses, it finds the same text as a parser, if the key is not sent twice.
        #[test]
        fn it_agrees_with_a_parser(value in r#"[a-z"\\{}\[\]:,\u{e9}]{0,12}"#, before in r#"[a-z"\\{}\[\]:,]{0,12}"#) {
            let json = serde_json::json!({ "a": before, "apiKey": value, "z": [{ "apiKey": "no" }] }).to_string();
            proptest::prop_assert_eq!(find_text(json.as_bytes(), "apiKey"), Some(value));
        }

        #[test]
        fn arbitrary_bytes_do_not_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..80)) {
            find_text(&bytes, "apiKey");
        }
    }
}
