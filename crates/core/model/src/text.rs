//! Text of events. It is hostile: whoever can raise an error in an application writes it.

/// The text that replaces a secret.
pub const FILTERED: &str = "[Filtered]";

/// Whether a reader would take a character for something else, or not see it: control characters (line breaks and tabs
/// among them), marks that turn the direction of writing (CVE-2021-42574), and Unicode's own line breaks and byte order mark.
/// Whoever shows text says what becomes of them.
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
    fn what_deceives_a_reader_is_hostile_and_no_writing_is() {
        let hostile = "\0\t\n\r\u{1b}\u{7f}\u{80}\u{85}\u{9f}\u{61c}\u{200e}\u{200f}\u{2028}\u{2029}\u{202a}\u{202e}\
                       \u{2066}\u{2069}\u{feff}";
        assert!(hostile.chars().all(is_hostile));
        // Among them the joiners, which emoji and Persian are written with.
        let writing = "plain é 日本語 עברית 😀 \u{a0}\u{200c}\u{200d}\u{202f}";
        assert!(!writing.chars().any(is_hostile));
    }
}
