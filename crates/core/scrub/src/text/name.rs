//! Finds the name before a sign in a text.

use super::{cut, look_back};

/// The longest name, in bytes.
const MAX_NAME: usize = 80;

/// Last words of names that are written with blanks: `API key`, `pin code`, `card number`, `mot de passe`.
const LAST_WORDS: [&str; 10] = ["key", "keys", "code", "codes", "number", "answer", "passe", "sandi", "khẩu", "المرور"];

/// A name in a text.
pub(super) struct Name<'a> {
    pub(super) start: usize,
    pub(super) name: &'a str,
    pub(super) quoted: bool,
}

impl<'a> Name<'a> {
    /// Returns the name before the sign at `at`.
    pub(super) fn before(text: &'a str, at: usize) -> Option<Self> {
        let bytes = text.as_bytes();
        let mut end = at;
        while end > 0 && at - end < 3 && bytes[end - 1] == b' ' {
            end -= 1;
        }
        // The `:` of `:=`.
        if end > 0 && bytes[at] == b'=' && bytes[end - 1] == b':' {
            end -= 1;
        }
        let mut quoted = false;
        end = before_visibility(text, end);
        // Binaries of Erlang are written `<<"password">>`.
        if bytes[..end].ends_with(b"\">>") {
            end -= 2;
        }
        while end > 0 && matches!(bytes[end - 1], b'"' | b'\'' | b'`' | b'\\' | b']') {
            quoted |= bytes[end - 1] != b']';
            end -= 1;
        }
        let is_name = |byte: u8| {
            byte.is_ascii_alphanumeric()
                || byte >= 0x80
                || matches!(byte, b'_' | b'-' | b'.' | b'%' | b'[' | b']' | b'$')
        };
        let length = bytes[..end].iter().rev().take(MAX_NAME).take_while(|&&byte| is_name(byte)).count();
        let mut start = end - length;
        while !text.is_char_boundary(start) {
            start += 1;
        }
        let name = text.get(start..end)?;
        name.bytes().any(|byte| byte.is_ascii_alphabetic() || byte >= 0x80).then_some(Self { start, name, quoted })
    }

    /// Returns the name with the two words before it, if the name alone is not enough.
    pub(super) fn with_words_before(&self, text: &'a str) -> Option<&'a str> {
        if self.quoted || self.start == 0 || text.as_bytes()[self.start - 1] != b' ' {
            return None;
        }
        if self.name.len() > 12 || !LAST_WORDS.iter().any(|last| self.name.eq_ignore_ascii_case(last)) {
            return None;
        }
        let before = look_back(text, self.start - 1, 32);
        let second = before.rfind(' ').map_or(0, |blank| blank + 1);
        let first = cut(before, ..second).trim_end().rfind(' ').map_or(0, |blank| blank + 1);
        let from = self.start - 1 - (before.len() - first);
        Some(cut(text, from..self.start + self.name.len()))
    }
}

/// Returns the end of the name in `["password":protected]` or `["password":"User":private]`, the form in which PHP
/// prints properties of objects, and `end` for any other text.
fn before_visibility(text: &str, end: usize) -> usize {
    let near = look_back(text, end, 120);
    let visible = near.strip_suffix(":protected]").or_else(|| {
        let class = near.strip_suffix(":private]")?;
        Some(cut(class, ..class.rfind(':').filter(|_| !class.ends_with("]"))?))
    });
    visible.map_or(end, |visible| end - (near.len() - visible.len()))
}
