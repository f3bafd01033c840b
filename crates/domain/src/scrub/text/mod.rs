//! Secrets in texts.

mod assignment;
mod forms;

use std::ops::Range;

pub(super) use forms::is_card_number;

use super::FILTERED;
use super::rules::Compiled;

/// What kind of text it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// What people or machines say: messages, queries, headers, printed variables.
    Text,
    /// Source code, where `token = read()` gives nothing away and only literals do.
    Code,
}

/// `text` without its secrets; `None` if there are none, which is by far the most frequent.
pub(super) fn scrub(text: &str, style: Style, rules: &Compiled) -> Option<String> {
    if text.len() < 3 {
        return None;
    }
    let mut out = String::new();
    let mut copied = 0;
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(passed) = bytes[at..].iter().position(|&byte| NOTICED[usize::from(byte)]) {
        at += passed;
        let Some(range) = find(text, at, style, rules) else {
            at += 1;
            continue;
        };
        // What was found may reach back over what is copied already, when two secrets are joined.
        let start = range.start.max(copied);
        if range.end > start && &text[start..range.end] != FILTERED {
            out.push_str(&text[copied..start]);
            if !out.ends_with(FILTERED) || start > copied {
                out.push_str(FILTERED);
            }
            copied = range.end;
        }
        at = range.end.max(at + 1);
    }
    if copied == 0 {
        return None;
    }
    out.push_str(&text[copied..]);
    Some(out)
}

/// The bytes at which [`find`] may find something. All others are passed over, which makes out most of the time that
/// looking for secrets takes.
const NOTICED: [bool; 256] = {
    let mut noticed = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        let at = byte as u8;
        noticed[byte] = matches!(at, b'=' | b',' | b':' | b'-' | b'0'..=b'9') || forms::opens(at);
        byte += 1;
    }
    noticed
};

/// The secret that is noticed at the byte at `at`: it may begin there, before, or behind.
fn find(text: &str, at: usize, style: Style, rules: &Compiled) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    match bytes[at] {
        b'=' => assignment::find(text, at, style, rules),
        b',' if style == Style::Text => assignment::in_pair(text, at, rules),
        b':' => {
            if bytes[at..].starts_with(b"://") {
                return forms::url_user(text, at + 3);
            }
            assignment::find(text, at, style, rules)
        }
        b'0'..=b'9' => forms::card(bytes, at),
        b'-' => forms::private_key(text, at),
        // Not behind a dash or point: a run of token characters would be walked from each of them.
        b'A'..=b'Z' | b'a'..=b'z' if at == 0 || !forms::is_token(bytes[at - 1]) => forms::token(text, at),
        _ => None,
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}
