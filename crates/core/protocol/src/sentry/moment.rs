//! Times in the forms in which clients write them.

use jiff::fmt::rfc2822;
use model::time::Timestamp;

/// A number that is larger counts thousandths of what a smaller one does: as seconds it would be a time after the year
/// 5000, as milliseconds one before 1974.
const MAX_SECONDS: f64 = 1e11;
/// The longest text that may be a time, in bytes.
const MAX_TEXT: usize = 80;

/// From a number of seconds since 1970; of milli-, micro- or nanoseconds if it is too large for seconds.
pub(super) fn from_number(number: f64) -> Option<Timestamp> {
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

/// From a text: RFC 3339, and what is near it: without an offset (UTC), with `+0000`, `+00`, `UTC` or `GMT`, with a space
/// before them, with a space or `_` in place of the `T`, with slashes in the date, with a comma before the fraction, with
/// the name of a zone in brackets; or RFC 2822; or a number as by [`from_number`].
pub(super) fn parse(text: &str) -> Option<Timestamp> {
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

/// A time as RFC 3339 writes it; what cannot be one is `None`, or is found out when it is parsed.
fn rfc3339(text: &str) -> Option<String> {
    let (date, rest) = text.split_at_checked(10)?;
    let rest = rest.strip_prefix(['T', 't', ' ', '_'])?.trim_start();
    let end = rest.find(|c: char| !c.is_ascii_digit() && !matches!(c, ':' | '.' | ',')).unwrap_or(rest.len());
    let (time, zone) = rest.split_at(end);
    let time = time.replace(',', ".");
    let time = if time.len() == 5 { time + ":00" } else { time };
    // Nanoseconds are the finest that is read.
    let time =
        time.split_once('.').map(|(time, part)| format!("{time}.{}", &part[..part.len().min(9)])).unwrap_or(time);
    Some(format!("{}T{time}{}", date.replace('/', "-"), offset(zone.trim())?))
}

/// An offset as RFC 3339 writes it.
fn offset(zone: &str) -> Option<String> {
    // `+01:00[Europe/Berlin]`, `+0000 UTC`: what follows a number only names it.
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
    fn what_is_not_a_time_is_none() {
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
