//! Finds times of day in messages.

use super::cursor::{Cursor, is_word, optional};

/// Matches a time of day, with AM or PM if it is written.
pub(super) fn clock_with_half(cursor: Cursor<'_>) -> Option<Cursor<'_>> {
    let (hour, after) = cursor.digits(1, 2)?;
    let minute = after.byte(b":").filter(|_| hour <= 23)?.two(59)?;
    let second = minute.byte(b":").and_then(|colon| colon.two(59)).unwrap_or(minute);
    let fraction = second.byte(b".,").and_then(|point| Some(point.digits(1, 9)?.1)).unwrap_or(second);
    if fraction.peek().is_some_and(|byte| byte.is_ascii_digit() || byte == b':') {
        return None;
    }
    Some(half_of_day(fraction).unwrap_or(fraction))
}

/// Matches AM or PM: `PM`, ` p.m.`, ` p. m.`, with the kinds of spaces that locales write before and within it.
fn half_of_day(cursor: Cursor<'_>) -> Option<Cursor<'_>> {
    let letter = spaced(cursor).unwrap_or(cursor).byte(b"aApP")?;
    let point = letter.byte(b".");
    let next = point.map_or(letter, |point| spaced(point).unwrap_or(point));
    let end = next.byte(b"mM")?;
    let end = if point.is_some() { optional(end, b".") } else { end };
    (!end.peek().is_some_and(is_word)).then_some(end)
}

/// Matches a space of any width.
fn spaced(cursor: Cursor<'_>) -> Option<Cursor<'_>> {
    [" ", "\u{a0}", "\u{202f}", "\u{2009}"].iter().find_map(|space| cursor.text(space))
}
