//! Cleans and escapes texts from events for messages. They are hostile: anyone who can cause an error in an application
//! can write them.

use std::borrow::Cow;

use model::number::{grouped, plural};
use model::text::is_hostile;

/// Removes control characters except line breaks and tabs, and characters that change the direction of writing, which
/// can make a text look like another.
pub(super) fn clean(text: &str) -> String {
    text.chars()
        .filter_map(|c| match c {
            '\n' | '\t' => Some(c),
            '\u{2028}' | '\u{2029}' => Some('\n'),
            c if is_hostile(c) => None,
            c => Some(c),
        })
        .collect()
}

/// Returns `text` cleaned and on one line, with at most `max` characters.
pub(super) fn line(text: &str, max: usize) -> String {
    // A text may have a megabyte: look only at as much as can be shown.
    let beginning = cut(text, max.saturating_mul(4));
    let words: Vec<&str> = beginning.split_whitespace().collect();
    cut(&clean(&words.join(" ")), max).into_owned()
}

/// Cuts `text` to at most `max` characters. A cut text ends in `…`.
pub(super) fn cut(text: &str, max: usize) -> Cow<'_, str> {
    match text.char_indices().nth(max) {
        None => Cow::Borrowed(text),
        Some(_) => {
            let kept = text.char_indices().nth(max.saturating_sub(1)).map_or(0, |(end, _)| end);
            Cow::Owned(format!("{}…", &text[..kept]))
        }
    }
}

/// Cuts `text` to at most `max` bytes, between characters. A cut text ends in a note.
pub(super) fn cut_bytes(text: &str, max: usize) -> Cow<'_, str> {
    const NOTE: &str = "\n… (cut)";
    if text.len() <= max {
        return Cow::Borrowed(text);
    }
    let end = text.floor_char_boundary(max.saturating_sub(NOTE.len()));
    Cow::Owned(format!("{}{NOTE}", &text[..end]))
}

/// Replaces each character for which `escape` returns a replacement. The result has at most `max` characters, and no
/// replacement is cut.
pub(super) fn escaped(text: &str, max: usize, escape: impl Fn(char) -> Option<&'static str>) -> String {
    let mut written = String::new();
    let mut count = 0;
    for c in text.chars() {
        let replacement = escape(c);
        let width = replacement.map_or(1, |text| text.chars().count());
        // One character is reserved for `…`.
        if count + width >= max {
            written.push('…');
            return written;
        }
        count += width;
        match replacement {
            Some(text) => written.push_str(text),
            None => written.push(c),
        }
    }
    written
}

/// Breaks up runs of backticks, so that the text cannot end a code block.
pub(super) fn unfenced(text: &str) -> String {
    text.replace("``", "`\u{200b}`")
}

/// Inserts a zero-width space after the first colon of each `:name:`, so that it is not shown as an emoji.
pub(super) fn without_emoji(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(':') {
        written.push_str(before);
        written.push(':');
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+');
        let end = after.find(|c: char| !is_name(c)).unwrap_or(after.len());
        if end > 0 && after[end..].starts_with(':') {
            written.push('\u{200b}');
        }
        rest = after;
    }
    written.push_str(rest);
    written
}

/// Formats `number` with commas between thousands.
pub(super) fn thousands(number: u64) -> String {
    grouped(number, ',')
}

/// Formats a number with its noun: `1 message`, `2 messages`.
pub(super) fn counted(number: u64, noun: &str) -> String {
    format!("{} {}", thousands(number), plural(number, noun))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_no_breaks_controls_or_turns() {
        assert_eq!(line("a\r\n b\u{0}\u{202e}c\u{2067} \td", 50), "a bc d");
        assert_eq!(line("é".repeat(10).as_str(), 10), "é".repeat(10));
        assert_eq!(line("é".repeat(11).as_str(), 10), format!("{}…", "é".repeat(9)));
        assert_eq!(line(&"x".repeat(1 << 20), 5), "xxxx…");
        assert_eq!(line("", 5), "");
    }

    #[test]
    fn an_escape_is_never_cut_in_two() {
        let escape = |c| (c == '<').then_some("&lt;");
        assert_eq!(escaped("a<b", 10, escape), "a&lt;b");
        for max in 1..12 {
            let text = escaped("<<<<", max, escape);
            assert!(text.chars().count() <= max && text.trim_end_matches('…').len() % 4 == 0, "{max}: {text}");
        }
    }

    #[test]
    fn bytes_are_cut_at_a_character() {
        assert_eq!(cut_bytes("é", 2), "é");
        for max in 12..40 {
            let text = "é😀".repeat(20);
            let cut = cut_bytes(&text, max);
            assert!(cut.len() <= max && cut.ends_with("(cut)"), "{max}: {cut}");
        }
    }

    #[test]
    fn no_emoji_is_left() {
        for (text, expected) in [
            (":wave:", ":\u{200b}wave:"),
            ("a :+1::tada: b", "a :\u{200b}+1::\u{200b}tada: b"),
            ("00:01:00", "00:\u{200b}01:00"),
            ("E: https://a.example/b:80", "E: https://a.example/b:80"),
            ("a::b", "a::b"),
            (":", ":"),
        ] {
            assert_eq!(without_emoji(text), expected, "{text}");
        }
    }

    #[test]
    fn no_fence_is_left() {
        for text in ["```", "``````", "a````b", "`` `", "`"] {
            assert!(!unfenced(text).contains("```"), "{text}");
        }
    }

    #[test]
    fn thousands_are_readable() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (12_345_678, "12,345,678")] {
            assert_eq!(thousands(number), text);
        }
        let counted = [0, 1, 2_000].map(|number| counted(number, "message"));
        assert_eq!(counted, ["0 messages", "1 message", "2,000 messages"]);
    }
}
