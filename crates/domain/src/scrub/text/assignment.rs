//! `password=…`, `"token": "…"`, `Cookie: …`: a name and its value in a text.

use std::ops::Range;

use percent_encoding::percent_decode_str;

use super::super::FILTERED;
use super::super::keys::Verdict;
use super::super::rules::Compiled;
use super::Style;

/// The longest name, in bytes.
const MAX_NAME: usize = 80;
/// How much of a value is looked at to decide whether it is one, in bytes.
const MAX_LOOK: usize = 256;

/// The value that the `=` or `:` at `at` gives to a name that is a secret's.
pub(super) fn find(text: &str, at: usize, style: Style, rules: &Compiled) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let sign = bytes[at];
    // `==`, `!=`, `::` and their like compare or name; `:=` and `=>` assign.
    let (before, after) = (at.checked_sub(1).map(|before| bytes[before]), bytes.get(at + 1).copied());
    match (sign, before, after) {
        (b'=', Some(b'=' | b'!' | b'<' | b'>'), _) | (b'=', _, Some(b'=')) => return None,
        (b':', Some(b':'), _) | (b':', _, Some(b':' | b'=')) => return None,
        _ => {}
    }
    let Name { start: name_start, name, quoted: name_quoted } = Name::before(text, at)?;
    let decoded;
    let name = if name.contains('%') {
        decoded = percent_decode_str(name).decode_utf8_lossy().into_owned();
        decoded.as_str()
    } else {
        name
    };
    let verdict = rules.verdict(name);
    match verdict {
        Verdict::Secret | Verdict::SecretText => {}
        Verdict::Open if sign == b'=' && is_signature(name) => {}
        Verdict::Open | Verdict::Link | Verdict::Exempt => return None,
    }
    let arrow = usize::from(sign == b'=' && after == Some(b'>'));
    let value = at + 1 + arrow;
    let spaces = bytes[value..].iter().take_while(|&&byte| byte == b' ' || byte == b'\t').count();
    let start = value + spaces;
    let range = match quote(bytes, start) {
        Some((open, quote)) => {
            let end = closing(text, open, quote);
            open..end
        }
        None if style == Style::Code => return None,
        None if name_quoted && opens(bytes, start, verdict) => {
            let end = matching(bytes, start);
            // What is in there may be harmless: a list of numbers, say.
            if verdict == Verdict::SecretText && !bytes[start..end].iter().any(|byte| matches!(byte, b'"' | b'\'')) {
                return None;
            }
            return Some(start..end);
        }
        None if sign == b':' && is_header(name, text[..name_start].ends_with(' ')) => start..line_end(text, start),
        None => {
            // Decided by its beginning: what is no secret must not be walked to its end from each of its colons.
            let near = &text[start..plain_end(text, start, MAX_LOOK)];
            // Prose: `invalid token: expected`. A value behind `=` is meant as one.
            let is_prose = sign == b':' && !name_quoted && !(is_password(name) || looks_secret(near));
            if is_prose || says_nothing(near, verdict) {
                return None;
            }
            start..plain_end(text, start, usize::MAX)
        }
    };
    let value = &text[range.clone()];
    (!says_nothing(value, verdict)).then_some(range)
}

/// A name in a text.
struct Name<'a> {
    start: usize,
    name: &'a str,
    quoted: bool,
}

impl<'a> Name<'a> {
    /// The name before the sign at `at`.
    fn before(text: &'a str, at: usize) -> Option<Self> {
        let bytes = text.as_bytes();
        let mut end = at;
        while end > 0 && at - end < 3 && bytes[end - 1] == b' ' {
            end -= 1;
        }
        // `:` of `:=`.
        if end > 0 && bytes[at] == b'=' && bytes[end - 1] == b':' {
            end -= 1;
        }
        let mut quoted = false;
        while end > 0 && matches!(bytes[end - 1], b'"' | b'\'' | b'`' | b'\\' | b']') {
            quoted |= bytes[end - 1] != b']';
            end -= 1;
        }
        let is_name =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'%' | b'[' | b']' | b'$');
        let length = bytes[..end].iter().rev().take(MAX_NAME).take_while(|&&byte| is_name(byte)).count();
        let (start, name) = (end - length, text.get(end - length..end)?);
        name.bytes().any(|byte| byte.is_ascii_alphabetic()).then_some(Self { start, name, quoted })
    }
}

/// Whether a list begins here, or an object whose every value is a secret.
fn opens(bytes: &[u8], start: usize, verdict: Verdict) -> bool {
    match bytes.get(start) {
        // `[Filtered]` is none.
        Some(b'[') => !bytes[start..].starts_with(FILTERED.as_bytes()),
        Some(b'{') => verdict == Verdict::Secret,
        Some(_) | None => false,
    }
}

/// Where the bracket at `start` is closed; brackets within quotes do not count.
fn matching(bytes: &[u8], start: usize) -> usize {
    let (mut depth, mut quote, mut at) = (0usize, None, start);
    while at < bytes.len() {
        match (bytes[at], quote) {
            (b'\\', _) => at += 1,
            (byte, Some(open)) if byte == open => quote = None,
            (_, Some(_)) => {}
            (byte @ (b'"' | b'\''), None) => quote = Some(byte),
            (b'[' | b'{', None) => depth += 1,
            (b']' | b'}', None) => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            (_, None) => {}
        }
        at += 1;
    }
    bytes.len()
}

/// The value of a printed pair, `('X-Api-Key', '…')` or `["token", "…"]`, whose comma is at `at`.
pub(super) fn in_pair(text: &str, at: usize, rules: &Compiled) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    if !matches!(bytes.get(at.checked_sub(1)?), Some(b'"' | b'\'')) {
        return None;
    }
    let Name { start, name, .. } = Name::before(text, at)?;
    let opening = text[..start].trim_end_matches(['"', '\'', '\\']);
    if !opening.ends_with(['[', '(']) {
        return None;
    }
    let verdict = rules.verdict(name);
    if !matches!(verdict, Verdict::Secret | Verdict::SecretText) {
        return None;
    }
    let value = at + 1 + usize::from(bytes.get(at + 1) == Some(&b' '));
    let (open, quote) = quote(bytes, value)?;
    let end = closing(text, open, quote);
    let closed = matches!(bytes.get(end + quote.len()), Some(b']' | b')'));
    (closed && !says_nothing(&text[open..end], verdict)).then_some(open..end)
}

/// Where a quoted value begins, and its quote with the backslashes before it; `b'…'` and its like too.
fn quote(bytes: &[u8], start: usize) -> Option<(usize, &[u8])> {
    let prefix = usize::from(matches!(bytes.get(start), Some(b'b' | b'u' | b'r' | b'f')));
    let slashes = bytes.get(start + prefix..)?.iter().take_while(|&&byte| byte == b'\\').count();
    let open = start + prefix + slashes;
    matches!(bytes.get(open), Some(b'"' | b'\'' | b'`')).then(|| (open + 1, &bytes[start + prefix..=open]))
}

/// Where the quoted value that begins at `open` ends: at the same quote with as many backslashes.
fn closing(text: &str, open: usize, quote: &[u8]) -> usize {
    let bytes = text.as_bytes();
    let (mark, slashes) = (quote[quote.len() - 1], quote.len() - 1);
    let mut at = open;
    while at < bytes.len() {
        let run = bytes[at..].iter().take_while(|&&byte| byte == b'\\').count();
        if bytes.get(at + run) == Some(&mark) && run <= slashes {
            return at;
        }
        // An escaped quote, or an escaped anything, is part of the value.
        at += run + 1;
    }
    bytes.len()
}

/// Where a value without quotes ends, within `most` bytes.
fn plain_end(text: &str, start: usize, most: usize) -> usize {
    let ends = |byte: u8| {
        byte.is_ascii_whitespace()
            || matches!(byte, b',' | b';' | b'&' | b')' | b'}' | b']' | b'"' | b'\'' | b'<' | b'>' | b'`' | b'#')
    };
    let length = text.as_bytes()[start..].iter().take(most).take_while(|&&byte| !ends(byte)).count();
    // A token behind its scheme belongs to the value.
    let scheme =
        matches!(&text.as_bytes()[start..start + length], [b'B' | b'b', ..] if is_scheme(&text[start..start + length]));
    if scheme && text.as_bytes().get(start + length) == Some(&b' ') {
        return plain_end(text, start + length + 1, most);
    }
    start + length
}

fn is_scheme(word: &str) -> bool {
    word.eq_ignore_ascii_case("bearer") || word.eq_ignore_ascii_case("basic")
}

fn line_end(text: &str, start: usize) -> usize {
    text[start..].find(['\n', '\r', '"', '\'']).map_or(text.len(), |length| start + length)
}

/// Headers whose whole line is the secret. `cookie:` within a sentence is none.
fn is_header(name: &str, in_sentence: bool) -> bool {
    let is = |header: &str| name.eq_ignore_ascii_case(header);
    is("authorization")
        || is("proxy-authorization")
        || is("set-cookie")
        || is("x-api-key")
        || (is("cookie") && !in_sentence)
}

/// Parameters of signed URLs.
fn is_signature(name: &str) -> bool {
    ["sig", "signature", "x-amz-signature", "x-goog-signature", "hmac"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
}

/// Words so plain that what follows the colon is meant.
fn is_password(name: &str) -> bool {
    let name = name.as_bytes();
    ["password", "passwd", "pwd", "passphrase"]
        .iter()
        .any(|word| name.len() >= word.len() && name[name.len() - word.len()..].eq_ignore_ascii_case(word.as_bytes()))
}

/// Whether a word looks like a token rather than like prose.
fn looks_secret(value: &str) -> bool {
    value.len() >= 6
        && value.bytes().any(|byte| byte.is_ascii_digit())
        && value.bytes().any(|byte| byte.is_ascii_alphabetic())
        || value.len() >= 16 && value.bytes().all(|byte| byte.is_ascii_digit())
}

/// Values that are no secrets: none, a placeholder, a count, an object's description.
fn says_nothing(value: &str, verdict: Verdict) -> bool {
    let counts = verdict == Verdict::SecretText && value.len() <= 5 && value.bytes().all(|byte| byte.is_ascii_digit());
    value.is_empty()
        || counts
        || value.starts_with(FILTERED)
        || matches!(
            value,
            "None" | "null" | "nil" | "undefined" | "true" | "false" | "True" | "False" | "?" | "%s" | "[Filtered"
        )
        || value.starts_with(['<', '{', '(', '[', '$', ':'])
        || value.bytes().all(|byte| byte == b'*' || byte == b'.')
}
