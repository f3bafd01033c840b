//! The text of events. It is hostile: anyone who can raise an error in an application can write it.

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
}
