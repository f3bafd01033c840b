//! Repairs escape sequences in texts.

use std::borrow::Cow;

/// Returns the replacement for the escape at the start of `rest`, and the number of bytes that the escape has.
pub(super) fn escape(rest: &str) -> (Cow<'_, str>, usize) {
    let Some(letter) = rest[1..].chars().next() else { return ("\\\\".into(), 1) };
    let char = |code: Option<u32>| code.and_then(char::from_u32).unwrap_or('\u{fffd}');
    match letter {
        '"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't' => (rest[..2].into(), 2),
        'u' => match code_unit(rest) {
            Some(0xD800..=0xDBFF) => match rest.get(6..).and_then(code_unit) {
                Some(0xDC00..=0xDFFF) => (rest[..12].into(), 12),
                _ => ("\\ufffd".into(), 6),
            },
            Some(0xDC00..=0xDFFF) => ("\\ufffd".into(), 6),
            Some(_) => (rest[..6].into(), 6),
            None => match braced(&rest[2..]) {
                Some((code, length)) => (written(char(Some(code))), 2 + length),
                None => ("\\\\u".into(), 2),
            },
        },
        'U' => match digits(&rest[2..], 8) {
            Some(code) => (written(char(Some(code))), 10),
            None => ("\\\\U".into(), 2),
        },
        'x' => match digits(&rest[2..], 2) {
            Some(code) => (written(char(Some(code))), 4),
            None => ("\\\\x".into(), 2),
        },
        '\'' => ("'".into(), 2),
        '0' => ("\\u0000".into(), 2),
        'a' => ("\\u0007".into(), 2),
        'v' => ("\\u000b".into(), 2),
        'e' => ("\\u001b".into(), 2),
        // The backslash is text. The next character is read by itself, because it may be a line end.
        _ => ("\\\\".into(), 1),
    }
}

/// The escape for a control character.
pub(super) fn control(byte: u8) -> Cow<'static, str> {
    match byte {
        b'\n' => "\\n".into(),
        b'\r' => "\\r".into(),
        b'\t' => "\\t".into(),
        other => format!("\\u{other:04x}").into(),
    }
}

/// A character as it is written inside a JSON text.
fn written(char: char) -> Cow<'static, str> {
    match char {
        '"' => "\\\"".into(),
        '\\' => "\\\\".into(),
        '\0'..='\x1f' => control(char as u8),
        other => other.to_string().into(),
    }
}

/// The code unit of a `\uXXXX` at the start of `rest`.
fn code_unit(rest: &str) -> Option<u32> {
    digits(rest.strip_prefix("\\u")?, 4)
}

/// Reads the first `count` hexadecimal digits as a number.
fn digits(rest: &str, count: usize) -> Option<u32> {
    let digits = rest.get(..count)?;
    digits.bytes().all(|digit| digit.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())?
}

/// Reads a code point such as `{1F600}`, and returns it with its length in bytes.
fn braced(rest: &str) -> Option<(u32, usize)> {
    let inner = rest.strip_prefix('{')?;
    let end = inner.bytes().take(9).position(|byte| byte == b'}')?;
    Some((digits(&inner[..end], end).filter(|_| end > 0)?, end + 2))
}
