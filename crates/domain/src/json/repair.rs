//! Puts right what clients are known to get wrong.

/// A copy of `bytes` without byte order mark, with U+FFFD for what is no UTF-8 and for lone surrogate escapes, and
/// with `null` for `NaN`, `Infinity` and `-Infinity` outside strings.
pub(super) fn repair(bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes));
    let text = text.as_bytes();
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    let mut in_string = false;
    while at < text.len() {
        let rest = &text[at..];
        let (written, read): (&[u8], usize) = match rest[0] {
            b'"' => {
                in_string = !in_string;
                (b"\"", 1)
            }
            b'\\' if in_string => escape(rest),
            _ if in_string => (&rest[..1], 1),
            b'N' if rest.starts_with(b"NaN") => (b"null", 3),
            b'I' if rest.starts_with(b"Infinity") => (b"null", 8),
            b'-' if rest.starts_with(b"-Infinity") => (b"null", 9),
            _ => (&rest[..1], 1),
        };
        out.extend_from_slice(written);
        at += read;
    }
    out
}

/// What to write for the escape at the start of `rest`, and how many bytes it takes.
fn escape(rest: &[u8]) -> (&[u8], usize) {
    match code_unit(rest) {
        Some(0xD800..=0xDBFF) => match rest.get(6..).and_then(code_unit) {
            Some(0xDC00..=0xDFFF) => (&rest[..12], 12),
            _ => (b"\\ufffd", 6),
        },
        Some(0xDC00..=0xDFFF) => (b"\\ufffd", 6),
        Some(_) => (&rest[..6], 6),
        None => (&rest[..rest.len().min(2)], rest.len().min(2)),
    }
}

/// The code unit of a `\uXXXX` at the start of `rest`.
fn code_unit(rest: &[u8]) -> Option<u16> {
    let digits = rest.strip_prefix(b"\\u")?.get(..4)?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use crate::json::{Value, parse};

    #[track_caller]
    fn check(input: &[u8], expected: &str) {
        assert_eq!(parse::<Value>(input).unwrap().to_string(), expected, "{}", String::from_utf8_lossy(input));
    }

    #[test]
    fn what_clients_get_wrong_is_put_right() {
        check(br#"{"a":"\udc80x"}"#, "{\"a\":\"\u{fffd}x\"}");
        check(br#"["\ud83d","\ud83dx","\ud83d\ud83d\ude00"]"#, "[\"\u{fffd}\",\"\u{fffd}x\",\"\u{fffd}😀\"]");
        check(br#"[NaN,Infinity,-Infinity,-1,"NaN \" Infinity"]"#, r#"[null,null,null,-1,"NaN \" Infinity"]"#);
        check(b"\xef\xbb\xbf{\"a\":\"\xff\"}", "{\"a\":\"\u{fffd}\"}");
        check(br#"["\\ud800", NaN]"#, r#"["\\ud800",null]"#);
    }

    #[test]
    fn what_is_no_json_stays_an_error() {
        for bad in [&b""[..], b"{", b"nope", b"{\"a\":}", b"\"\\u12", b"\"\\", &[b'['; 100_000]] {
            assert!(parse::<Value>(bad).is_err());
        }
    }
}
