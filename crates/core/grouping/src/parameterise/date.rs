//! Finds dates and times in messages.

use super::clock::clock_with_half;
use super::cursor::{Cursor, is_word, optional};
use super::{Match, worded};

const DAYS: [&str; 14] = [
    "Sun",
    "Sunday",
    "Mon",
    "Monday",
    "Tue",
    "Tuesday",
    "Wed",
    "Wednesday",
    "Thu",
    "Thursday",
    "Fri",
    "Friday",
    "Sat",
    "Saturday",
];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const ZONES: [&str; 11] = ["UT", "UTC", "GMT", "EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT"];

/// The most bytes in brackets within a date. Without a limit, a text of only opening brackets would be read to its end
/// from each of them.
const MAX_NESTED: usize = 100;

/// Matches a date in any format.
pub(super) fn any(cursor: Cursor<'_>) -> Match {
    match cursor.peek()? {
        b'0'..=b'9' => day_first(cursor).max(worded::day_first(cursor)).or_else(|| numeric(cursor)),
        b'd' => {
            let arguments = cursor.text("datetime.datetime(")?;
            let length = arguments.rest().iter().take(MAX_NESTED).position(|&byte| byte == b')')?;
            Some(arguments.skip(length + 1)?.at())
        }
        _ => formal(cursor).max(worded::any(cursor)),
    }
}

/// Matches standard formats that begin with a word.
fn formal(cursor: Cursor<'_>) -> Match {
    let Some(day) = cursor.word(&DAYS) else { return month_first(cursor) };
    if let Some(comma) = day.byte(b",") {
        let next = comma.spaces()?;
        return rfc850(next).or_else(|| day_first(next));
    }
    month_first(day.spaces()?)
}

/// Matches `02-Jan-06 15:04:05 MST`.
fn rfc850(cursor: Cursor<'_>) -> Match {
    let year = cursor.digits(2, 2)?.1.byte(b"-")?.word(&MONTHS)?.byte(b"-")?.digits(2, 2)?.1;
    zone(clock(year.spaces()?)?.spaces()?)
}

/// Matches `02 Jan 2006 15:04:05 -0700`.
fn day_first(cursor: Cursor<'_>) -> Match {
    let month = cursor.digits(1, 2)?.1.spaces()?.word(&MONTHS)?;
    let year = month.spaces()?.digits(2, 4)?.1;
    zone(clock(year.spaces()?)?.spaces()?)
}

/// Matches `Jan 02, 1999`, `Jan 02 2006 14:04:05 GMT-0800 (Pacific Standard Time)`, `Jan 2 15:04:05 2006`.
fn month_first(cursor: Cursor<'_>) -> Match {
    let day = cursor.word(&MONTHS)?.spaces()?.digits(1, 2).filter(|&(day, _)| day <= 31)?.1;
    if let Some(comma) = day.byte(b",") {
        let (_, year) = comma.spaces()?.digits(2, 4)?;
        return Some(year.at());
    }
    let next = day.spaces()?;
    if let Some(asctime) = clock(next).and_then(|time| Some(time.spaces()?.digits(4, 4)?.1)) {
        return Some(asctime.at());
    }
    let offset = clock(next.digits(4, 4)?.1.spaces()?)?.spaces()?.text("GMT")?.byte(b"+-")?.digits(4, 4)?.1;
    let named = offset.text(" (").and_then(|name| {
        let length = name.rest().iter().take(MAX_NESTED).position(|&byte| byte == b')').filter(|&length| length > 0)?;
        name.skip(length + 1)
    });
    Some(named.unwrap_or(offset).at())
}

/// Matches `hh:mm`, optionally with `:ss`, each with one or two digits.
fn clock(cursor: Cursor<'_>) -> Option<Cursor<'_>> {
    let minute = cursor.digits(1, 2)?.1.byte(b":")?.digits(1, 2)?.1;
    let second = minute.byte(b":").and_then(|colon| Some(colon.digits(1, 2)?.1));
    Some(second.unwrap_or(minute))
}

/// Matches `-0700`, `GMT` or a military letter.
fn zone(cursor: Cursor<'_>) -> Match {
    if let Some(sign) = cursor.byte(b"+-") {
        return sign.digits(2, 2)?.1.two(59).map(Cursor::at);
    }
    let named = cursor.word(&ZONES).or_else(|| cursor.byte(b"ABCDEFGHIKLMNOPQRSTUVWXYZ"))?;
    named.boundary()
}

/// Matches formats that begin with a number and contain no words: dates, times, or both.
pub(super) fn numeric(cursor: Cursor<'_>) -> Match {
    date_time(cursor).or_else(|| kitchen(cursor)).or_else(|| date(cursor)).or_else(|| local(cursor))
}

/// Matches `YYYY-MM-DD`.
fn date(cursor: Cursor<'_>) -> Match {
    let day = cursor.digits(4, 4)?.1.byte(b"-")?.two(19)?.byte(b"-")?.two(39)?;
    (!day.peek().is_some_and(|byte| byte.is_ascii_digit())).then_some(day.at())
}

/// Matches `YYYY-MM-DD[ T]hh:mm[:ss[.f]][Z|±hh:mm]`, also without the separators.
fn date_time(cursor: Cursor<'_>) -> Match {
    let year = cursor.digits(4, 4)?.1;
    let month = optional(year, b"-").two(19)?;
    let day = optional(month, b"-").two(39)?;
    let hour = day.byte(b"T \t\n")?.two(29)?;
    let minute = optional(hour, b":").two(59)?;
    let second = optional(minute, b":").two(60).unwrap_or(minute);
    let fraction = second.byte(b".,").and_then(|point| Some(point.digits(1, usize::MAX)?.1)).unwrap_or(second);
    let utc = optional(fraction, b"Z");
    let spaced = utc.byte(b" ").filter(|space| space.byte(b"+-").is_some()).unwrap_or(utc);
    let offset = spaced.byte(b"+-").unwrap_or(spaced).two(29).and_then(|hours| optional(hours, b":").two(59));
    Some(offset.unwrap_or(utc).at())
}

/// Matches `02/01/2006`, `2006/01/02 15:04:05`, `02.01.2006, 15:04`, `1/2/2006 3:04 PM`.
fn local(cursor: Cursor<'_>) -> Match {
    let (first, after) = cursor.digits(1, 4)?;
    let separator = after.peek().filter(|byte| matches!(byte, b'/' | b'.' | b'-'))?;
    let (second, after_second) = after.skip(1)?.digits(1, 2)?;
    let (third, end) = after_second.byte(&[separator])?.digits(1, 4)?;
    let digits = |number: u32, from: usize, to: usize| (to - from, number);
    let year = |(count, number): (usize, u32)| count == 4 && (1900..2200).contains(&number);
    let part = |(count, number): (usize, u32)| count <= 2 && (1..=31).contains(&number);
    let first = digits(first, cursor.at(), after.at());
    let second = digits(second, after.at() + 1, after_second.at());
    let third = digits(third, after_second.at() + 1, end.at());
    let is_date = part(second) && (year(first) && part(third) || part(first) && year(third));
    // Versions look similar, but do not contain a year.
    if !is_date || end.peek().is_some_and(|byte| is_word(byte) || byte == separator) {
        return None;
    }
    let comma = optional(end, b",");
    let time = comma.spaces().and_then(clock_with_half);
    Some(time.unwrap_or(end).at())
}

/// Matches `9:08`, `23:21:12`, `11:21 PM`.
fn kitchen(cursor: Cursor<'_>) -> Match {
    clock_with_half(cursor).map(Cursor::at)
}
