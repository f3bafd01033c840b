//! Replaces the parts of a message that differ between occurrences: ids, dates, addresses, numbers.
//!
//! The text is read once, from left to right. At each position the alternatives are tried in a fixed order, and the
//! first match is replaced by its name, so that `user 17 at 10.0.0.1` becomes `user <number> at <ip>`. The alternatives
//! and their order are those of Sentry's grouping, with these differences: a name of two labels that looks like code
//! (`user.id`) is not a host; two names joined by `::` are not an address unless they contain a digit; `Cart@1a2b` is
//! not an email address; numbers of every size and format are one kind; and dates in words, names of pods, sizes and
//! ids with a prefix are recognised, too.
//!
//! The result goes into hashes. Changing it turns existing errors into new ones, so a change needs a new version (see
//! [`VERSION`](super::VERSION)). The scanner is written by hand, because regular expressions take a millisecond or more
//! to compile at each cold start, and several times as long to run.

mod clock;
mod cursor;
mod date;
mod net;
mod number;
mod worded;

use std::borrow::Cow;

use cursor::{Cursor, is_word};

/// The longest text that is read, in bytes. The rest is cut off.
const MAX_TEXT: usize = 8 << 10;

/// The end of a match at the cursor, if there is one.
type Match = Option<usize>;

/// Replaces all variable parts of `text` by the names of their kinds.
pub fn parameterise(text: &str) -> Cow<'_, str> {
    let text = &text[..text.floor_char_boundary(MAX_TEXT)];
    let mut out = String::new();
    let mut copied = 0;
    let mut emails = net::Emails::default();
    let mut at = 0;
    while at < text.len() {
        let cursor = Cursor::new(text.as_bytes(), at);
        match find(cursor, text.as_bytes(), &mut emails) {
            Some((name, end)) => {
                out.reserve(text.len() / 2);
                out.push_str(&text[copied..at]);
                out.push('<');
                out.push_str(name);
                out.push('>');
                (at, copied) = (end, end);
            }
            None => at += 1,
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}

/// Returns the name of the first alternative that matches at `cursor`, and the end of the match.
fn find(cursor: Cursor<'_>, text: &[u8], emails: &mut net::Emails) -> Option<(&'static str, usize)> {
    let first = cursor.peek()?;
    if let Some(end) = emails.find(cursor) {
        return Some(("email", end));
    }
    match (cursor.before(), first) {
        (Some(b'_'), b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z') => {
            return number::prefixed(cursor, text).or_else(|| date_in_word(cursor));
        }
        (Some(b'@'), b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => {
            if let Some(end) = identity(cursor, text) {
                return Some(("hex", end));
            }
        }
        (Some(b'-'), b'0'..=b'9' | b'b'..=b'z') => {
            let named = cursor.at() >= 2 && is_word(text[cursor.at() - 2]);
            if let Some(end) = named.then(|| number::pod(cursor)).flatten() {
                return Some(("pod", end));
            }
        }
        _ => {}
    }
    match first {
        b'0'..=b'9' => digit(cursor),
        b'a'..=b'z' | b'A'..=b'Z' => letter(cursor),
        b'-' => {
            let joined = cursor.before().is_some_and(is_word);
            let negative =
                cursor.skip(1).filter(|next| !joined && next.peek().is_some_and(|byte| byte.is_ascii_digit()))?;
            number::plain(negative)
        }
        b':' => net::ip(cursor).map(|end| ("ip", end)),
        b'\'' | b'"' if cursor.before() == Some(b'=') => quoted(cursor, first).map(|end| ("quoted_str", end)),
        _ => None,
    }
}

fn digit(cursor: Cursor<'_>) -> Option<(&'static str, usize)> {
    // Within a word, as in `utf8` or `x2024-01-02`, only a date can begin.
    if cursor.before().is_some_and(is_word) {
        return date_in_word(cursor);
    }
    let named = |name: &'static str| move |end: usize| (name, end);
    net::hostname(cursor)
        .map(named("hostname"))
        .or_else(|| net::ip(cursor).map(named("ip")))
        .or_else(|| number::id(cursor))
        .or_else(|| date::any(cursor).map(named("date")))
        .or_else(|| number::duration(cursor).map(named("duration")))
        .or_else(|| number::size(cursor).map(named("size")))
        .or_else(|| number::hex(cursor))
        .or_else(|| number::plain(cursor))
        .or_else(|| number::word(cursor))
}

fn date_in_word(cursor: Cursor<'_>) -> Option<(&'static str, usize)> {
    if !cursor.before().is_some_and(|byte| byte.is_ascii_digit()) && cursor.peek().is_some_and(|it| it.is_ascii_digit())
    {
        return date::numeric(cursor).map(|end| ("date", end));
    }
    None
}

/// Matches the identity hash that Java prints after a class: `com.shop.Cart@1a2b3c4d`.
fn identity(cursor: Cursor<'_>, text: &[u8]) -> Match {
    let of_class = cursor.at() >= 2 && (is_word(text[cursor.at() - 2]) || text[cursor.at() - 2] == b';');
    let length = cursor.run(17, |byte| byte.is_ascii_hexdigit());
    let end = cursor.skip(length).filter(|_| of_class && length <= 16)?;
    end.boundary()
}

fn letter(cursor: Cursor<'_>) -> Option<(&'static str, usize)> {
    if cursor.before().is_some_and(is_word) {
        return None;
    }
    if cursor.before() == Some(b'=')
        && let Some(end) = ["True", "true", "False", "false"].iter().find_map(|word| cursor.text(word)?.boundary())
    {
        return Some(("bool", end));
    }
    let named = |name: &'static str| move |end: usize| (name, end);
    net::url(cursor)
        .map(named("url"))
        .or_else(|| net::hostname(cursor).map(named("hostname")))
        .or_else(|| net::ip(cursor).map(named("ip")))
        .or_else(|| number::id(cursor))
        .or_else(|| date::any(cursor).map(named("date")))
        .or_else(|| number::swift_transaction(cursor).map(named("swift_txn_id")))
        .or_else(|| number::hex(cursor))
        .or_else(|| number::word(cursor))
}

/// Matches a non-empty quoted text after `=`.
fn quoted(cursor: Cursor<'_>, quote: u8) -> Match {
    let inner = cursor.skip(1)?;
    let length = inner.rest().iter().position(|&byte| byte == quote).filter(|&length| length > 0)?;
    Some(inner.skip(length + 1)?.at())
}

#[cfg(test)]
mod tests;
