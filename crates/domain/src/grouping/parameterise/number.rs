//! Numbers, and ids made of hexadecimal digits.

use super::Match;
use super::cursor::{Cursor, is_word};

/// Fixed forms: traces, UUIDs, hashes.
pub(super) fn id(cursor: Cursor<'_>) -> Option<(&'static str, usize)> {
    if !cursor.peek().is_some_and(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let lower = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let any = |byte: u8| byte.is_ascii_hexdigit();
    let length = cursor.run(41, any);
    match length {
        1 => parts(cursor.text("1")?.byte(b"-")?, &[8, 24], lower).map(|end| ("traceparent", end)),
        2 => {
            let flags = parts(cursor.text("00")?.byte(b"-")?, &[32, 16], lower)?;
            let flags = cursor.skip(flags - cursor.at())?.text("-0")?.byte(b"01")?;
            flags.boundary().map(|end| ("traceparent", end))
        }
        8 => parts(cursor, &[8, 4, 4, 4, 12], any).map(|end| ("uuid", end)),
        32 => cursor.skip(32)?.boundary().map(|end| ("md5", end)),
        40 => cursor.skip(40)?.boundary().map(|end| ("sha1", end)),
        _ => None,
    }
}

/// Groups of so many digits, joined by dashes, as a whole word.
fn parts(cursor: Cursor<'_>, lengths: &[usize], wanted: impl Fn(u8) -> bool) -> Match {
    let mut next = cursor;
    for (index, &length) in lengths.iter().enumerate() {
        if index > 0 {
            next = next.byte(b"-")?;
        }
        if next.run(length + 1, &wanted) != length {
            return None;
        }
        next = next.skip(length)?;
    }
    next.boundary()
}

/// `12ms`, `1.5s`.
pub(super) fn duration(cursor: Cursor<'_>) -> Match {
    let (_, whole) = cursor.digits(1, usize::MAX)?;
    if let Some(end) = whole.text("ms").and_then(Cursor::boundary) {
        return Some(end);
    }
    let fraction = whole.byte(b".").and_then(|point| Some(point.digits(1, usize::MAX)?.1));
    let number = fraction.unwrap_or(whole);
    number.text("s").or_else(|| number.text("ms")).and_then(Cursor::boundary)
}

/// The ids of OpenStack Swift: `tx`, 21 digits, a dash, 10 digits, and the name that may be joined to them.
pub(super) fn swift_transaction(cursor: Cursor<'_>) -> Match {
    let lower = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let first = cursor.text("tx")?;
    let second = (first.run(22, lower) == 21).then(|| first.skip(21)).flatten()?.byte(b"-")?;
    let end = (second.run(10, lower) == 10).then(|| second.skip(10)).flatten()?;
    end.skip(end.run(usize::MAX, |byte| is_word(byte) || byte == b'-')).map(Cursor::at)
}

/// `0x…`; a whole word of 8 to 128 hexadecimal digits of one case, or of 4 to 6 with both a letter and a digit; a git
/// commit of 7.
pub(super) fn hex(cursor: Cursor<'_>) -> Option<(&'static str, usize)> {
    if let Some(digits) = cursor.text("0x").or_else(|| cursor.text("0X")) {
        let count = digits.run(usize::MAX, |byte| byte.is_ascii_hexdigit());
        let end = digits.skip(count).filter(|_| count > 0)?.boundary()?;
        return Some(("hex", end));
    }
    let length = cursor.run(129, is_word);
    if !(4..=128).contains(&length) {
        return None;
    }
    let (mut digits, mut lower, mut upper) = (0, 0, 0);
    for byte in &cursor.rest()[..length] {
        match byte {
            b'0'..=b'9' => digits += 1,
            b'a'..=b'f' => lower += 1,
            b'A'..=b'F' => upper += 1,
            _ => return None,
        }
    }
    if lower > 0 && upper > 0 {
        return None;
    }
    let mixed = digits > 0 && lower + upper > 0;
    let name = match length {
        8.. => "hex",
        7 if mixed && upper == 0 => "git_sha",
        4..=6 if mixed => "hex",
        _ => return None,
    };
    Some((name, cursor.at() + length))
}

/// A number, behind its sign: a float, an integer of up to 7 digits, or a longer one, which is an id.
pub(super) fn plain(cursor: Cursor<'_>) -> Option<(&'static str, usize)> {
    let (_, whole) = cursor.digits(1, usize::MAX)?;
    let fraction = whole.byte(b".").and_then(|point| Some(point.digits(1, usize::MAX)?.1));
    let number = fraction.unwrap_or(whole);
    let exponent = number.byte(b"eE").and_then(|e| Some(e.byte(b"+-").unwrap_or(e).digits(1, 4)?.1));
    if let Some(end) = exponent.and_then(Cursor::boundary).or_else(|| fraction.and_then(Cursor::boundary)) {
        return Some(("float", end));
    }
    let end = whole.boundary()?;
    Some((if end - cursor.at() > 7 { "hex" } else { "int" }, end))
}
