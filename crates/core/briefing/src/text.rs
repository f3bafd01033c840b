//! Text of events, so that nothing in it is invisible or acts.

use std::fmt::Write;

use model::text::visible;
use serde_json::Value;

/// Returns `text` with control characters, bidirectional controls and invisible characters made visible, cut to about
/// `limit` bytes. Line breaks and tabs stay.
pub fn plain(text: &str, limit: usize) -> String {
    let shown = visible(text, limit);
    if !shown.chars().any(is_unseen) {
        return shown;
    }
    shown.chars().fold(String::with_capacity(shown.len()), |mut plain, character| {
        if is_unseen(character) {
            let _ = write!(plain, "[U+{:04X}]", character as u32);
        } else {
            plain.push(character);
        }
        plain
    })
}

/// [`plain`] in one line.
pub fn inline(text: &str, limit: usize) -> String {
    plain(text, limit).replace(['\n', '\t'], " ")
}

/// A value of an event: text as it is, everything else as JSON.
pub(crate) fn value(value: &Value, limit: usize) -> String {
    match value {
        Value::String(text) => plain(text, limit),
        other => plain(&other.to_string(), limit),
    }
}

/// Whether a character has no width and no use in a report. A model reads the tag characters, which people cannot see.
fn is_unseen(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_invisible() {
        let hidden: String = "hi".chars().map(|letter| char::from_u32(0xe_0000 + letter as u32).unwrap()).collect();
        for (text, expected) in [
            (format!("ok{hidden}").as_str(), "ok[U+E0068][U+E0069]"),
            ("a\u{200b}b\u{202e}c\u{1b}[31m", "a[U+200B]b[U+202E]c\u{241b}[31m"),
            ("line\n\tnext", "line\n\tnext"),
            ("\u{5e9}\u{5dc}\u{5d5}\u{5dd} 😀", "\u{5e9}\u{5dc}\u{5d5}\u{5dd} 😀"),
        ] {
            assert_eq!(plain(text, 100), expected);
        }
        assert_eq!(inline("a\nb\tc", 100), "a b c");
        assert_eq!(plain("äää", 3), "ä… (4 more bytes)");
    }
}
