//! The text of events. It is hostile: anyone who can raise an error in an application can write it.

use std::fmt::Write;

/// The replacement for a secret.
pub const FILTERED: &str = "[Filtered]";

/// Whether a reader could mistake a character for something else, or not see it: control characters (including line
/// breaks and tabs), characters that change the direction of writing (CVE-2021-42574), and Unicode's own line breaks
/// and byte order mark. Code that shows text decides how to replace them.
pub fn is_hostile(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
        )
}

/// Returns `text` with control characters and bidirectional controls made visible, cut to `limit` bytes.
///
/// A bidirectional control character could make text read differently than it is (CVE-2021-42574). A control
/// character is invisible and may corrupt copied text.
pub fn visible(text: &str, limit: usize) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_deceive_a_reader_are_hostile() {
        let hostile = "\0\t\n\r\u{1b}\u{7f}\u{80}\u{85}\u{9f}\u{61c}\u{200e}\u{200f}\u{2028}\u{2029}\u{202a}\u{202e}\
                       \u{2066}\u{2069}\u{feff}";
        assert!(hostile.chars().all(is_hostile));
        // Joiners are allowed: emoji and Persian need them.
        let writing = "plain é 日本語 עברית 😀 \u{a0}\u{200c}\u{200d}\u{202f}";
        assert!(!writing.chars().any(is_hostile));
    }

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
        assert!(visible(&"x".repeat(1 << 20), 4_096).len() < 4_096 + 40);
    }
}
