//! Secrets that begin with a digit: tokens of Telegram, Google and Mailchimp, and social security numbers.

use std::ops::Range;

use super::{cut, look, look_back, run};

/// Finds a token whose first digit is at `at`.
pub(super) fn token(text: &str, at: usize) -> Option<Range<usize>> {
    telegram(text, at).or_else(|| google(text, at)).or_else(|| mailchimp(text, at))
}

/// Finds a Telegram bot's id and token, from the first digit of the id on.
fn telegram(text: &str, at: usize) -> Option<Range<usize>> {
    let near = look(text, at, 64);
    let id = run(near, |byte| byte.is_ascii_digit());
    let token = cut(near, id..).strip_prefix(":AA")?;
    let length = run(token, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    ((6..=12).contains(&id) && length >= 30).then_some(at..at + id + 3 + length)
}

/// Finds tokens of Google: `1//0…` renews access, and `4/0…` is exchanged for access.
fn google(text: &str, at: usize) -> Option<Range<usize>> {
    let rest = cut(text, at..);
    let token = rest.strip_prefix("1//0").or_else(|| rest.strip_prefix("4/0"))?;
    if at > 0 && (super::is_word(text.as_bytes()[at - 1]) || text.as_bytes()[at - 1] == b'/') {
        return None;
    }
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let near = look(token, 0, 64);
    let is_long = run(near, inner) >= 30 && near.bytes().any(|byte| byte.is_ascii_uppercase());
    is_long.then(|| at..text.len() - token.len() + run(token, inner))
}

/// Finds 32 digits followed by the data centre: `…-us12`.
fn mailchimp(text: &str, at: usize) -> Option<Range<usize>> {
    let near = look(text, at, 40);
    let centre = near.get(32..)?.strip_prefix("-us")?;
    let digits = run(centre, |byte| byte.is_ascii_digit());
    let is_hex = run(near, |byte| byte.is_ascii_hexdigit()) == 32;
    (is_hex && (1..=2).contains(&digits)).then(|| at..at + 35 + digits)
}

/// Finds a social security number of the USA next to its name: `SSN 123-45-6789`.
pub(super) fn social_security(text: &str, at: usize) -> Option<Range<usize>> {
    let near = look(text, at, 12);
    let is_number = near.len() >= 11
        && near.bytes().take(11).enumerate().all(|(index, byte)| match index {
            3 | 6 => matches!(byte, b'-' | b' '),
            _ => byte.is_ascii_digit(),
        })
        && near.as_bytes().get(11).is_none_or(|&byte| !super::is_word(byte) && byte != b'-');
    if !is_number {
        return None;
    }
    let before = look_back(text, at, 40).to_ascii_lowercase();
    (before.contains("ssn") || before.contains("social security")).then(|| at..at + 11)
}
