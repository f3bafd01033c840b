//! Numbers, and ids of hexadecimal digits.

use super::Match;
use super::cursor::{Cursor, is_word};

/// Matches ids with fixed formats: traces, UUIDs, hashes.
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

/// Matches a whole word of groups with these numbers of digits, joined by dashes.
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

/// Units that can follow after a space. Single letters after a space could mean anything.
const SPACED_DURATIONS: [&str; 15] = [
    "ns", "us", "µs", "μs", "ms", "s", "sec", "secs", "second", "seconds", "min", "minute", "minutes", "hour", "hours",
];
const SPACED_SIZES: [&str; 16] =
    ["byte", "bytes", "B", "KB", "kB", "kb", "MB", "mb", "GB", "gb", "TB", "KiB", "MiB", "GiB", "TiB", "kilobytes"];

/// Matches `12ms`, `1.5s`, `1h2m3.5s`, `3 seconds`.
pub(super) fn duration(cursor: Cursor<'_>) -> Match {
    joined_duration(cursor).or_else(|| spaced(cursor, &SPACED_DURATIONS))
}

/// Matches a number, a space, and one of the units.
fn spaced(cursor: Cursor<'_>, units: &[&str]) -> Match {
    let number = fraction(cursor.digits(1, 20)?.1);
    number.text(" ")?.word(units)?.boundary()
}

fn joined_duration(cursor: Cursor<'_>) -> Match {
    let mut next = cursor;
    loop {
        let number = next.digits(1, 20).map(|(_, whole)| fraction(whole))?;
        next = number.word(&["ns", "us", "µs", "μs", "ms", "s", "sec", "secs", "m", "min", "mins", "h", "hrs", "d"])?;
        if next.boundary().is_some() {
            return Some(next.at());
        }
    }
}

/// Matches `12KB`, `1.5GiB`, `64k`, `800 bytes`.
pub(super) fn size(cursor: Cursor<'_>) -> Match {
    joined_size(cursor).or_else(|| spaced(cursor, &SPACED_SIZES))
}

fn joined_size(cursor: Cursor<'_>) -> Match {
    let number = fraction(cursor.digits(1, 20)?.1);
    let units =
        ["B", "b", "KB", "kB", "kb", "MB", "mb", "GB", "gb", "TB", "KiB", "MiB", "GiB", "TiB", "k", "K", "M", "G"];
    number.word(&units)?.boundary()
}

/// Skips the fraction of a number, if it has one.
fn fraction(whole: Cursor<'_>) -> Cursor<'_> {
    whole.byte(b".").and_then(|point| Some(point.digits(1, usize::MAX)?.1)).unwrap_or(whole)
}

/// Matches the random end of a Kubernetes pod's name, after the name of its workload: `-7d4b9c6f5-x2x9z`, `-x2x9z`.
pub(super) fn pod(cursor: Cursor<'_>) -> Match {
    let is_part = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let first = cursor.run(11, is_part);
    let random = |cursor: Cursor<'_>, length: usize| is_of_pod(&cursor.rest()[..length]);
    let end = match first {
        6..=10 if random(cursor, first) => {
            let second = cursor.skip(first)?.byte(b"-")?;
            (second.run(6, is_part) == 5 && random(second, 5)).then(|| second.skip(5)).flatten()?
        }
        // A single part is too short to distinguish it from a word, unless it contains a digit.
        5 if random(cursor, 5) && cursor.rest()[..5].iter().any(u8::is_ascii_digit) => cursor.skip(5)?,
        _ => return None,
    };
    end.boundary().filter(|_| end.peek() != Some(b'-'))
}

/// Returns whether a part of a pod's name is random: letters with digits, or only the letters that Kubernetes uses in
/// order to avoid words.
fn is_of_pod(part: &[u8]) -> bool {
    let is_mixed = part.iter().any(u8::is_ascii_digit) && part.iter().any(u8::is_ascii_alphabetic);
    is_mixed || part.iter().all(|byte| b"bcdfghjklmnpqrstvwxz".contains(byte))
}

/// Words before a number that belongs to the name: `int_32`, `utf_8`.
const NAMED_BY_NUMBER: [&str; 14] =
    ["int", "uint", "float", "utf", "iso", "latin", "sha", "md", "x", "h", "base", "ipv", "http", "oauth"];

/// Matches the id after an underscore: `order_12345`, `cus_NffrFeUfNV2Hib`. The cursor is after the underscore.
pub(super) fn prefixed(cursor: Cursor<'_>, text: &[u8]) -> Option<(&'static str, usize)> {
    let before = &text[..cursor.at() - 1];
    let prefix = before.iter().rev().take(16).take_while(|byte| byte.is_ascii_alphabetic()).count();
    if prefix == 0 {
        return None;
    }
    let length = cursor.run(129, |byte| byte.is_ascii_alphanumeric());
    let end = cursor.skip(length).filter(|end| end.peek().is_none_or(|byte| byte < 0x80))?;
    let id = &cursor.rest()[..length];
    if !id.is_empty() && id.iter().all(u8::is_ascii_digit) {
        let prefix = &before[before.len() - prefix..];
        let is_name = length <= 3 && NAMED_BY_NUMBER.iter().any(|name| name.as_bytes().eq_ignore_ascii_case(prefix));
        return (!is_name).then_some(("number", end.at()));
    }
    is_random(id, 8).then_some(("id", end.at()))
}

/// Matches a word that nobody would write: at least 16 letters and digits that alternate.
pub(super) fn word(cursor: Cursor<'_>) -> Option<(&'static str, usize)> {
    let length = cursor.run(129, |byte| byte.is_ascii_alphanumeric());
    let end = cursor.skip(length)?.boundary()?;
    is_random(&cursor.rest()[..length], 16).then_some(("id", end))
}

/// Returns whether `text` has at least `least` characters and looks random: letters and digits alternate twice, or once
/// if there are letters of both cases.
fn is_random(text: &[u8], least: usize) -> bool {
    if !(least..=128).contains(&text.len()) {
        return false;
    }
    let groups =
        text.chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit()).filter(|run| run[0].is_ascii_digit()).count();
    let letters = text.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    let has_cases = text.iter().any(u8::is_ascii_uppercase) && text.iter().any(u8::is_ascii_lowercase);
    letters > 0 && (groups >= 3 || groups == 2 && least == 8 || groups >= 1 && has_cases && !is_camel_case(text))
}

/// Returns whether each capital begins a word of at least two letters, as in `parseBase64Value`.
fn is_camel_case(text: &[u8]) -> bool {
    let mut words = text.chunk_by(|a, b| !(b.is_ascii_uppercase() || a.is_ascii_digit() != b.is_ascii_digit()));
    words.all(|word| word.len() >= 2 || word[0].is_ascii_digit())
}

/// Matches ids of OpenStack Swift: `tx`, 21 digits, a dash, 10 digits, and the name that may follow.
pub(super) fn swift_transaction(cursor: Cursor<'_>) -> Match {
    let lower = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let first = cursor.text("tx")?;
    let second = (first.run(22, lower) == 21).then(|| first.skip(21)).flatten()?.byte(b"-")?;
    let end = (second.run(10, lower) == 10).then(|| second.skip(10)).flatten()?;
    end.skip(end.run(usize::MAX, |byte| is_word(byte) || byte == b'-')).map(Cursor::at)
}

/// Matches `0x…`; a whole word of 8 to 128 hexadecimal digits in one case, or of 4 to 6 with both letters and digits;
/// or a Git commit of 7 digits.
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
    // Decimal digits alone are a number whatever their count, since the count differs between occurrences.
    let is_hex = match length {
        8.. => lower + upper > 0,
        7 => mixed && upper == 0,
        _ => mixed,
    };
    is_hex.then_some(("hex", cursor.at() + length))
}

/// Matches a number, after its sign: with a fraction and an exponent, or with commas between thousands.
pub(super) fn plain(cursor: Cursor<'_>) -> Option<(&'static str, usize)> {
    let (_, whole) = cursor.digits(1, usize::MAX)?;
    let grouped = thousands(cursor, whole);
    let number = fraction(grouped);
    let exponent = number.byte(b"eE").and_then(|e| Some(e.byte(b"+-").unwrap_or(e).digits(1, 4)?.1));
    let end = exponent.and_then(Cursor::boundary).or_else(|| number.boundary()).or_else(|| whole.boundary())?;
    Some(("number", end))
}

/// Skips the groups of three digits after the first group of a number.
fn thousands<'a>(start: Cursor<'a>, first: Cursor<'a>) -> Cursor<'a> {
    let mut end = first;
    if first.at() - start.at() > 3 {
        return first;
    }
    while let Some((_, next)) = end.byte(b",").and_then(|comma| comma.digits(3, 3))
        && !next.peek().is_some_and(|byte| byte.is_ascii_digit())
    {
        end = next;
    }
    end
}
