//! Strings in the format of PHP's `serialize`: `s:8:"password";s:8:"…";`.

use std::ops::Range;

use super::super::keys::Verdict;
use super::super::rules::Compiled;
use super::{cut, look_back, prose, value};

/// Finds the string that opens at the quote at `at` and follows the name of a secret.
pub(super) fn serialized(text: &str, at: usize, rules: &Compiled) -> Option<Range<usize>> {
    // Most quotes follow something else.
    let slashes = super::tail(look_back(text, at, 8), |byte| byte == b'\\').len();
    let near = look_back(text, at - slashes, 160).strip_suffix(':')?;
    let length = super::tail(near, |byte| byte.is_ascii_digit());
    let name = cut(near, ..near.len() - length.len()).strip_suffix("s:")?.strip_suffix(';')?;
    let name = name.trim_end_matches('\\').strip_suffix('"')?;
    let name = name.trim_end_matches('\\');
    // The names of protected and private properties begin with the class, between zero bytes.
    let name = super::tail(name, |byte| super::is_word(byte) || matches!(byte, b'-' | b'.' | b' '));
    let verdict = rules.verdict(name);
    if name.is_empty() || !matches!(verdict, Verdict::Secret | Verdict::SecretText | Verdict::Pin) {
        return None;
    }
    let range = value::quoted(text, at - slashes)?;
    (!prose::is_harmless(cut(text, range.clone()), verdict)).then_some(range)
}
