//! Makes text from events and the API safe to show in a terminal.

use std::borrow::Cow;
use std::time::{SystemTime, UNIX_EPOCH};

pub use model::number::counted;
use model::text::is_hostile;
use model::time::Timestamp;
use serde_json::Value;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Returns `text` on one line, safe for a terminal: control characters, and characters that change the direction of
/// text, are shown as escapes. An event's message may hold sequences that move the cursor, or type into a shell.
pub fn harmless(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hostile) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for char in text.chars() {
        match is_hostile(char) {
            true => safe.extend(char.escape_default()),
            false => safe.push(char),
        }
    }
    Cow::Owned(safe)
}

/// Returns `json` with control and direction characters written as `\u` escapes. The document means the same, because
/// only its strings can contain such characters.
pub fn harmless_json(json: &str) -> Cow<'_, str> {
    // Line ends and tabs outside strings are layout. Inside strings, JSON has escaped them already.
    let is_escaped = |char: char| is_hostile(char) && !matches!(char, '\n' | '\r' | '\t');
    if !json.chars().any(is_escaped) {
        return Cow::Borrowed(json);
    }
    let mut safe = String::with_capacity(json.len() + 16);
    for char in json.chars() {
        match is_escaped(char) {
            true => {
                for unit in char.encode_utf16(&mut [0; 2]) {
                    safe.push_str(&format!("\\u{unit:04x}"));
                }
            }
            false => safe.push(char),
        }
    }
    Cow::Owned(safe)
}

/// Does the same as [`harmless`] to each line of a text, and keeps the line ends.
pub fn harmless_lines(text: &str) -> String {
    text.lines().map(harmless).collect::<Vec<_>>().join("\n")
}

/// Width of `text` in columns of a terminal.
pub fn width(text: &str) -> usize {
    text.width()
}

/// Cuts `text` to this many columns; a cut text ends in `…`.
pub fn cut(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    let mut left = columns.saturating_sub(1);
    let fits = text.char_indices().find(|(_, char)| {
        let width = char.width().unwrap_or(0);
        let over = width > left;
        left = left.saturating_sub(width);
        over
    });
    Cow::Owned(format!("{}…", &text[..fits.map_or(text.len(), |(at, _)| at)]))
}

/// Formats a value from the API, safe for a terminal. `null` is empty.
pub fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => harmless(text).into_owned(),
        other => harmless(&other.to_string()).into_owned(),
    }
}

/// Formats a time from the API, in UTC and to the second. Empty if it is not a time.
pub fn moment(value: &Value) -> String {
    let parsed = value.as_str().and_then(|text| Timestamp::parse(text).ok());
    parsed.map_or_else(String::new, |time| {
        let time = time.utc();
        format!("{} {:02}:{:02}:{:02}", time.date(), time.hour(), time.minute(), time.second())
    })
}

/// Reads the system's clock.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// Formats how long before `now` a time from the API was, in its largest unit, as in `3h`. Empty if it is not a time.
pub fn age(value: &Value, now: Timestamp) -> String {
    let Some(then) = value.as_str().and_then(|text| Timestamp::parse(text).ok()) else { return String::new() };
    let seconds = now.seconds().saturating_sub(then.seconds()).max(0);
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m", seconds / 60),
        3_600..86_400 => format!("{}h", seconds / 3_600),
        86_400..31_536_000 => format!("{}d", seconds / 86_400),
        _ => format!("{}y", seconds / 31_536_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_for_a_terminal_means_the_same() {
        let value = serde_json::json!({ "a\u{202e}": "\u{9b}2J \u{1b}[0m \u{2066}x\u{7f}\u{e0001} Größe 😀 \n\t" });
        for json in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
            let safe = harmless_json(&json);
            assert!(!safe.chars().any(|char| is_hostile(char) && !"\n\r\t".contains(char)), "{safe}");
            assert!(safe.contains("Größe 😀") && safe.contains("\\u009b"), "{safe}");
            assert_eq!(serde_json::from_str::<Value>(&safe).unwrap(), value);
        }
    }

    /// Text of an event cannot control the terminal of the person who reads it.
    #[test]
    fn nothing_that_a_terminal_obeys_is_left() {
        let hostile = "\u{1b}[2J\u{1b}]0;title\u{7}\u{9b}31m\r\n\t\u{202e}gnp.exe\u{0}\u{7f}\u{85}\u{2028}\u{2066}";
        let safe = harmless(hostile);
        assert!(!safe.chars().any(is_hostile), "{safe:?}");
        assert!(safe.starts_with(r"\u{1b}[2J\u{1b}]0;title\u{7}\u{9b}31m\r\n\t\u{202e}gnp.exe"), "{safe}");
        assert_eq!(harmless("plain 日本語 😀"), "plain 日本語 😀");
        assert_eq!(harmless_lines("a\u{1b}\n  b"), "a\\u{1b}\n  b");
    }

    #[test]
    fn a_cut_text_fits() {
        for (text, columns, expected) in [
            ("short", 5, "short"),
            ("longer", 5, "long…"),
            ("日本語", 5, "日本…"),
            ("日本語", 4, "日…"),
            ("ab", 0, "…"),
        ] {
            assert_eq!(cut(text, columns), expected, "{text} {columns}");
        }
    }

    #[test]
    fn times_are_shown() {
        let now = Timestamp::parse("2026-11-21T12:00:00Z").unwrap();
        let check = |text: &str, expected: (&str, &str)| {
            let value = Value::from(text);
            assert_eq!((moment(&value).as_str(), age(&value, now).as_str()), expected, "{text}");
        };
        check("2026-11-21T12:59:59.5+01:00", ("2026-11-21 11:59:59", "1s"));
        check("2026-11-21T11:01:00Z", ("2026-11-21 11:01:00", "59m"));
        check("2026-11-20T13:00:00Z", ("2026-11-20 13:00:00", "23h"));
        check("2026-01-21T12:00:00Z", ("2026-01-21 12:00:00", "304d"));
        check("2016-11-02T00:01:00Z", ("2016-11-02 00:01:00", "10y"));
        check("nonsense", ("", ""));
    }
}
