//! Secrets that are known by their form.

use std::ops::Range;

use super::is_word;

/// How the tokens of well-known services begin, of those that begin with this byte, and how many characters follow at
/// the least.
const fn tokens(first: u8) -> &'static [(&'static str, usize)] {
    match first {
        b'A' => &[("AKIA", 16), ("ASIA", 16), ("AIza", 30)],
        b'E' => &[("EAACEdEose0cBA", 10)],
        b'S' => &[("SG.", 20)],
        b'd' => &[("dop_v1_", 32)],
        b'g' => {
            &[("gho_", 30), ("ghp_", 30), ("ghr_", 30), ("ghs_", 30), ("ghu_", 30), ("github_pat_", 20), ("glpat-", 16)]
        }
        b'h' => &[("hvs.", 20)],
        b'n' => &[("npm_", 30)],
        b'p' => &[("pypi-", 30)],
        b'r' => &[("rk_live_", 16), ("rk_test_", 16)],
        b's' => &[
            ("shpat_", 24),
            ("sk-ant-", 20),
            ("sk-proj-", 20),
            ("sk-", 32),
            ("sk_live_", 16),
            ("sk_test_", 16),
            ("sntrys_", 20),
        ],
        b'w' => &[("whsec_", 16)],
        b'x' => &[("xapp-", 16), ("xoxa-", 16), ("xoxb-", 16), ("xoxp-", 16)],
        b'y' => &[("ya29.", 20)],
        _ => &[],
    }
}

/// Web addresses that are secrets themselves: who knows them may post.
const HOOKS: [&str; 4] = [
    "hooks.slack.com/services/",
    "discord.com/api/webhooks/",
    "discordapp.com/api/webhooks/",
    "outlook.office.com/webhook/",
];

/// A token at the start of a word: of a known service, a JSON web token, what follows `Bearer` or `Basic`, a webhook.
pub(super) fn token(text: &str, at: usize) -> Option<Range<usize>> {
    let rest = &text[at..];
    match text.as_bytes()[at] {
        b'e' if rest.starts_with("eyJ") => jwt(rest).map(|length| at..at + length),
        b'B' | b'b' => scheme(rest).map(|(start, end)| at + start..at + end),
        b'h' | b'd' | b'o' if HOOKS.iter().any(|hook| rest.starts_with(hook)) => {
            let start = HOOKS.iter().find(|hook| rest.starts_with(*hook)).map_or(0, |hook| hook.len());
            let length = run(&rest[start..], |byte| is_token(byte) || byte == b'/');
            (length > 8).then_some(at + start..at + start + length)
        }
        first => {
            // Most words are told apart by their second byte.
            let second = rest.as_bytes().get(1)?;
            let begins = |prefix: &str| prefix.as_bytes()[1] == *second && rest.starts_with(prefix);
            let (prefix, least) = tokens(first).iter().find(|(prefix, _)| begins(prefix))?;
            let length = run(&rest[prefix.len()..], is_token);
            let mixed =
                rest[prefix.len()..][..length].bytes().any(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
            (length >= *least && mixed).then_some(at..at + prefix.len() + length)
        }
    }
}

/// Whether [`token`] may find something at a word that begins with this byte: nearly every word of a text does not.
pub(super) const fn opens(first: u8) -> bool {
    matches!(first, b'e' | b'B' | b'b' | b'h' | b'd' | b'o') || !tokens(first).is_empty()
}

fn run(text: &str, wanted: impl Fn(u8) -> bool) -> usize {
    text.bytes().take_while(|&byte| wanted(byte)).count()
}

/// Whether a byte may stand within a token.
pub(super) fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

/// Three parts of base64, the first of which opens a JSON object.
fn jwt(rest: &str) -> Option<usize> {
    let length = run(rest, |byte| is_token(byte) || byte == b'=');
    let parts = rest[..length].split('.').filter(|part| part.len() >= 8).count();
    (parts >= 2 && length >= 32).then_some(length)
}

/// What follows the name of an HTTP scheme, if it is none of the words that follow it in prose.
fn scheme(rest: &str) -> Option<(usize, usize)> {
    let name = ["bearer", "basic"]
        .iter()
        .find(|name| rest.get(..name.len()).is_some_and(|word| word.eq_ignore_ascii_case(name)))?;
    let after = &rest[name.len()..];
    let gap = run(after, |byte| matches!(byte, b' ' | b'+' | b'\t')).max(if after.starts_with("%20") { 3 } else { 0 });
    if gap == 0 {
        return None;
    }
    let start = name.len() + gap;
    let is_credential = |byte: u8| is_token(byte) || matches!(byte, b'=' | b'/' | b'+' | b'~');
    // Decided by its beginning, since a `+` may be in it and before it.
    let near = rest[start..].bytes().take(64).take_while(|&byte| is_credential(byte)).count();
    let token = &rest[start..start + near];
    // `basic authentication`, `bearer token`: prose has neither digits nor capitals in the middle of words.
    let is_mixed = token.bytes().skip(1).any(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase() || byte == b'=');
    (near >= 8 && is_mixed).then(|| (start, start + run(&rest[start..], is_credential)))
}

/// The user of a URL whose authority begins at `start`: `user:password@`, and a key alone as in a DSN.
pub(super) fn url_user(text: &str, start: usize) -> Option<Range<usize>> {
    let authority = &text.as_bytes()[start..];
    let mut user = None;
    for (length, &byte) in authority.iter().enumerate() {
        match byte {
            b'@' => user = Some(length),
            b'/' | b'?' | b'#' | b' ' | b'\t' | b'\n' | b'\r' | b'"' | b'\'' | b'<' | b'>' | b'`' | b',' | b')' => {
                break;
            }
            _ if length > 512 => break,
            _ => {}
        }
    }
    let user = user.filter(|&length| length > 0)?;
    Some(start..start + user)
}

/// A private key in PEM, up to its end or the end of the text.
pub(super) fn private_key(text: &str, at: usize) -> Option<Range<usize>> {
    let rest = text[at..].strip_prefix("-----BEGIN ")?;
    let line = &rest[..rest.find("-----")?];
    if line.len() > 40 || !line.contains("PRIVATE KEY") {
        return None;
    }
    let start = at + "-----BEGIN ".len() + line.len() + "-----".len();
    let end = text[start..].find("-----END").map_or(text.len(), |end| start + end);
    (end > start).then_some(start..end)
}

/// A card number at `at`: 13 to 19 digits, alone or in groups joined by one space or dash, that begin as cards do and
/// have the right check digit.
pub(super) fn card(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    if at > 0 && (is_word(bytes[at - 1]) || matches!(bytes[at - 1], b'.' | b'-' | b'+') || bytes[at - 1] >= 0x80) {
        return None;
    }
    let mut digits = [0u8; 19];
    let (mut count, mut end) = (0, at);
    while end < bytes.len() {
        match bytes[end] {
            digit @ b'0'..=b'9' => {
                if count == digits.len() {
                    return None;
                }
                digits[count] = digit - b'0';
                count += 1;
            }
            // A group has at least four digits, or these are so many numbers.
            b' ' | b'-' if count >= 4 && bytes.get(end + 1).is_some_and(u8::is_ascii_digit) => {}
            _ => break,
        }
        end += 1;
    }
    let ends = bytes.get(end).is_none_or(|&byte| !is_word(byte) && byte != b'-');
    (ends && is_card(&digits[..count])).then_some(at..end)
}

/// Whether a number could be that of a card.
pub(in crate::scrub) fn is_card_number(number: u64) -> bool {
    if number < 1_000_000_000_000 {
        return false;
    }
    let text = number.to_string();
    let digits: Vec<u8> = text.bytes().map(|digit| digit - b'0').collect();
    is_card(&digits)
}

fn is_card(digits: &[u8]) -> bool {
    let known = match digits {
        [4, ..] => matches!(digits.len(), 13 | 16 | 19),
        [5, 1..=5, ..] | [2, 2..=7, ..] => digits.len() == 16,
        [3, 4 | 7, ..] => digits.len() == 15,
        [3, 0 | 6 | 8, ..] => digits.len() == 14,
        [3, 5, ..] => digits.len() == 16,
        [6, 0 | 2 | 4 | 5, ..] => matches!(digits.len(), 16..=19),
        [5, 0 | 6..=8, ..] => matches!(digits.len(), 13..=19),
        _ => false,
    };
    known && luhn(digits)
}

fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(index, &digit)| match (index % 2, u32::from(digit) * 2) {
            (0, _) => u32::from(digit),
            (_, double) if double > 9 => double - 9,
            (_, double) => double,
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is passed over is never looked at.
    #[test]
    fn whatever_a_form_begins_with_is_noticed() {
        for first in 0..=u8::MAX {
            for (prefix, _) in tokens(first) {
                assert!(prefix.len() > 1 && prefix.as_bytes()[0] == first && opens(first), "{prefix}");
            }
        }
        for beginning in HOOKS.into_iter().chain(["eyJ", "Bearer", "bearer", "Basic", "basic"]) {
            assert!(opens(beginning.as_bytes()[0]), "{beginning}");
        }
    }
}
