//! Parses times in the formats that clients use.

use jiff::fmt::rfc2822;
use model::time::Timestamp;

/// The largest number that is read as seconds. Larger numbers count milliseconds, microseconds or nanoseconds: as
/// seconds they would be after the year 5000, and smaller numbers as milliseconds before 1974.
const MAX_SECONDS: f64 = 1e11;
/// The longest text that is parsed as a time, in bytes.
const MAX_TEXT: usize = 80;

/// Reads a number of seconds since 1970, or of milliseconds, microseconds or nanoseconds if it is too large for
/// seconds.
pub(crate) fn from_number(number: f64) -> Option<Timestamp> {
    if !(0.0..1e20).contains(&number) {
        return None;
    }
    let mut seconds = number;
    for _ in 0..3 {
        if seconds >= MAX_SECONDS {
            seconds /= 1e3;
        }
    }
    Some(Timestamp::from_micros((seconds * 1e6).round() as i64))
}

/// Parses RFC 3339 and similar formats: without an offset (UTC), with `+0000`, `+00`, `UTC` or `GMT`, with a space
/// before them, with a space or `_` instead of the `T`, with slashes in the date, with a comma before the fraction, or
/// with the name of a time zone in brackets. Also RFC 2822, and numbers as in [`from_number`].
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if text.len() > MAX_TEXT || !text.is_ascii() {
        return None;
    }
    if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return from_number(text.parse().ok()?);
    }
    let strict = Timestamp::parse(text).ok().or_else(|| Timestamp::parse(&rfc3339(text)?).ok());
    strict.or_else(|| {
        let seconds = rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?.as_second();
        (seconds >= 0).then(|| Timestamp::from_seconds(seconds))
    })
}

/// Converts a time to RFC 3339. Returns `None`, or a text that fails to parse, if it cannot be a time.
fn rfc3339(text: &str) -> Option<String> {
    let (date, rest) = text.split_at_checked(10)?;
    let rest = rest.strip_prefix(['T', 't', ' ', '_'])?.trim_start();
    let end = rest.find(|c: char| !c.is_ascii_digit() && !matches!(c, ':' | '.' | ',')).unwrap_or(rest.len());
    let (time, zone) = rest.split_at(end);
    let time = time.replace(',', ".");
    let time = if time.len() == 5 { time + ":00" } else { time };
    // More digits than nanoseconds are cut off.
    let time =
        time.split_once('.').map(|(time, part)| format!("{time}.{}", &part[..part.len().min(9)])).unwrap_or(time);
    Some(format!("{}T{time}{}", date.replace('/', "-"), offset(zone.trim())?))
}

/// Converts an offset to RFC 3339.
fn offset(zone: &str) -> Option<String> {
    // `+01:00[Europe/Berlin]`, `+0000 UTC`: the text after the number only names the offset.
    let zone = zone.split(['[', ' ', '(']).next()?;
    let Some(sign) = zone.chars().next().filter(|sign| matches!(sign, '+' | '-')) else {
        let is_utc = zone.is_empty() || ["z", "utc", "gmt", "ut"].iter().any(|name| zone.eq_ignore_ascii_case(name));
        return is_utc.then(|| "Z".to_owned());
    };
    let digits: String = zone[1..].chars().filter(|c| *c != ':').collect();
    if !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    match digits.len() {
        1 => Some(format!("{sign}0{digits}:00")),
        2 => Some(format!("{sign}{digits}:00")),
        4 | 6 => Some(format!("{sign}{}:{}", &digits[..2], &digits[2..4])),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_clients_write_them() {
        for text in [
            "2026-11-28T15:57:37",
            "2026-11-28T15:57:37Z",
            "2026-11-28t15:57:37z",
            "2026-11-28T15:57:37+0000",
            "2026-11-28T15:57:37+00",
            "2026-11-28T15:57:37-00:00",
            "2026-11-28T16:57:37+0100",
            "2026-11-28T16:57:37+01:00[Europe/Berlin]",
            "2026-11-28T21:27:37+0530",
            "2026-11-28T10:57:37-05",
            "2026-11-28 15:57:37",
            "2026-11-28 15:57:37 UTC",
            "2026-11-28 15:57:37 GMT",
            "2026-11-28 15:57:37 +0000",
            "2026-11-28 15:57:37 +0000 UTC",
            "2026-11-28 15:57:37.000 +0000 UTC m=+0.001",
            "2026-11-28 15:57:37,000",
            "2026-11-28T15:57:37.000000000000Z",
            "2026/11/28 15:57:37",
            "2026-11-28_15:57:37",
            "  2026-11-28T15:57:37UTC ",
            "Sat, 28 Nov 2026 15:57:37 +0000",
            "Sat, 28 Nov 2026 15:57:37 GMT",
            "1795881457",
            "1795881457.0",
            "1795881457000",
            "1795881457000000",
            "1795881457000000000",
        ] {
            assert_eq!(parse(text).map(Timestamp::seconds), Some(1_795_881_457), "{text}");
        }
        assert_eq!(parse("2026-11-28 15:57:37,250 UTC").map(Timestamp::millis), Some(1_795_881_457_250));
        assert_eq!(parse("1795881457.5").map(Timestamp::millis), Some(1_795_881_457_500));
        assert_eq!(parse("1795881457500").map(Timestamp::millis), Some(1_795_881_457_500));
        assert_eq!(parse("2026-11-28T15:57").map(Timestamp::seconds), Some(1_795_881_420));
        for number in [1_795_881_457.5, 1_795_881_457_500.0, 1_795_881_457_500_000.0] {
            assert_eq!(from_number(number).map(Timestamp::millis), Some(1_795_881_457_500), "{number}");
        }
    }

    #[test]
    fn a_text_that_is_not_a_time_is_none() {
        for text in [
            "",
            "now",
            "-1",
            "1e9",
            "2026-11-28",
            "2026-13-28T15:57:37Z",
            "2026-11-28T15:57:37 CET",
            "é",
            "2026-11-28T",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
        for number in [-1.0, f64::NAN, f64::INFINITY, 1e30] {
            assert_eq!(from_number(number), None, "{number}");
        }
    }
}
