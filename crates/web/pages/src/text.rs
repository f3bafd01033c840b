//! Text of events on a page. An attacker controls it: askama escapes markup, and this module makes characters visible
//! that would deceive a reader.

use std::borrow::Borrow;
use std::fmt::Write;

use model::number::{grouped, plural};
use model::text::is_hostile;
use serde_json::Value;

/// The longest value that a page shows, in bytes. The raw event has the whole value.
pub(crate) const LONG: usize = 4_096;
/// The longest text in a row of a list, in bytes.
pub(crate) const SHORT: usize = 300;

/// Returns `text` with control characters and bidirectional controls made visible, cut to `limit` bytes.
///
/// A bidirectional control character could make text read differently than it is (CVE-2021-42574). A control
/// character is invisible and may corrupt copied text.
pub(crate) fn visible(text: &str, limit: usize) -> String {
    let shown = &text[..text.floor_char_boundary(limit)];
    let mut visible = String::with_capacity(shown.len());
    for character in shown.chars() {
        match character {
            '\n' | '\t' => visible.push(character),
            '\u{0}'..='\u{1f}' => visible.extend(char::from_u32(0x2400 + character as u32)),
            '\u{7f}' => visible.push('\u{2421}'),
            hostile if is_hostile(hostile) => {
                let _ = write!(visible, "[U+{:04X}]", character as u32);
            }
            _ => visible.push(character),
        }
    }
    if shown.len() < text.len() {
        let _ = write!(visible, "… ({} more bytes)", text.len() - shown.len());
    }
    visible
}

/// [`visible`] for a row of a list.
pub(crate) fn line(text: &str) -> String {
    visible(text, SHORT)
}

/// Formats a value for reading: text as it is, everything else as JSON.
pub(crate) fn value(value: &Value) -> String {
    match value {
        Value::String(text) => visible(text, LONG),
        Value::Array(_) | Value::Object(_) => visible(&serde_json::to_string_pretty(value).unwrap_or_default(), LONG),
        plain => plain.to_string(),
    }
}

/// A number with spaces between its thousands.
pub(crate) fn number(number: impl Borrow<u64>) -> String {
    grouped(*number.borrow(), '\u{202f}')
}

/// A number with spaces between its thousands, and its noun: `1 error`, `2 errors`.
pub(crate) fn counted(count: impl Borrow<u64>, noun: &str) -> String {
    let count = *count.borrow();
    format!("{} {}", number(count), plural(count, noun))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invisible_characters_are_made_visible() {
        assert_eq!(visible("a\u{0}b\u{1b}[31mc\u{7f}", 100), "a\u{2400}b\u{241b}[31mc\u{2421}");
        assert_eq!(visible("user\u{202e}nimda", 100), "user[U+202E]nimda");
        assert_eq!(visible("a\u{61c}b\u{2028}", 100), "a[U+061C]b[U+2028]");
        assert_eq!(visible("line\n\tnext \u{5d0}", 100), "line\n\tnext \u{5d0}");
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        assert_eq!(visible("äää", 3), "ä… (4 more bytes)");
        assert!(visible(&"x".repeat(1 << 20), LONG).len() < LONG + 40);
    }

    #[test]
    fn one_is_singular() {
        assert_eq!([0, 1, 1_000].map(|count| counted(count, "event")), ["0 events", "1 event", "1\u{202f}000 events"]);
    }

    #[test]
    fn thousands_are_separated() {
        let shown = |number: u64| super::number(number).replace('\u{202f}', " ");
        assert_eq!([shown(0), shown(999), shown(1_000), shown(1_234_567)], ["0", "999", "1 000", "1 234 567"]);
    }
}
