//! Finds the part of a message that identifies its kind.

use std::borrow::Cow;

use super::parameterise;

/// Returns the first two lines that are not blank, without their variable parts, and with `...` if there are more. A
/// second line with data is ignored, together with all that follows: it quotes the input that failed, which differs
/// each time.
pub(super) fn kind(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let Some(first) = lines.next() else { return Cow::Borrowed("") };
    match lines.next().filter(|second| !is_data(second)) {
        Some(second) => {
            let more = if lines.next().is_some() { "..." } else { "" };
            Cow::Owned(parameterise(&format!("{first}\n{second}{more}")).into_owned())
        }
        None => parameterise(first),
    }
}

/// Returns whether a line is data and not prose: it begins with a bracket, a quote or a number, or contains
/// assignments.
fn is_data(line: &str) -> bool {
    line.starts_with(|first: char| {
        matches!(first, '{' | '[' | '<' | '(' | '"' | '\'' | '`' | '|' | '>') || first.is_ascii_digit()
    }) || line.contains(['=', '&'])
        || line.contains("\":")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_lines_count_unless_the_second_is_data() {
        for (text, expected) in [
            ("no total", "no total"),
            ("\n  no total  \n\nin cart 7\nof ann", "no total\nin cart <number>..."),
            ("cannot parse row 7\n{\"agent\": 1}", "cannot parse row <number>"),
            ("cannot parse row 7\nagent=kim&text=x\nmore", "cannot parse row <number>"),
            ("cannot parse row 7\n17;ann;x", "cannot parse row <number>"),
            ("job failed:\nKeyError 7", "job failed:\nKeyError <number>"),
            ("job failed:\nTimeout", "job failed:\nTimeout"),
            (" \n ", ""),
        ] {
            assert_eq!(kind(text), expected);
        }
    }
}
