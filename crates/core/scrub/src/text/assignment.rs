//! Names with a value in a text: `password=…`, `"token": "…"`, `Cookie: …`.

use std::ops::Range;

use percent_encoding::percent_decode_str;

use super::super::FILTERED;
use super::super::keys::Verdict;
use super::super::rules::Compiled;
use super::name::Name;
use super::prose::{is_harmless, is_placeholder, says_nothing};
use super::sentence::{is_met, is_prose, is_sentence};
use super::{Style, cut, look, look_back, value};

/// Finds the secret value that the `=` or `:` at `at` assigns to a name.
pub(super) fn find(text: &str, at: usize, name: &Name<'_>, style: Style, rules: &Compiled) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let sign = bytes[at];
    // `==`, `!=`, `::` and the like compare or qualify names; `:=` and `=>` assign.
    let (before, after) = (at.checked_sub(1).map(|before| bytes[before]), bytes.get(at + 1).copied());
    match (sign, before, after) {
        (b'=', Some(b'=' | b'!' | b'<' | b'>'), _) | (b'=', _, Some(b'=')) => return None,
        (b':', Some(b':'), _) | (b':', _, Some(b':' | b'=')) => return None,
        _ => {}
    }
    let decoded;
    let plain_name = if name.name.contains('%') {
        decoded = percent_decode_str(name.name).decode_utf8_lossy().into_owned();
        decoded.as_str()
    } else {
        name.name
    };
    let arrow = usize::from(sign == b'=' && after == Some(b'>'));
    let behind = at + 1 + arrow;
    // The value of a printed map may begin in the next line.
    let is_gap = |byte: u8| matches!(byte, b' ' | b'\t') || arrow > 0 && matches!(byte, b'\n' | b'\r');
    let start = behind + bytes[behind..].iter().take_while(|&&byte| is_gap(byte)).count();
    let spaced = name.with_words_before(text);
    let verdict = match rules.verdict(spaced.unwrap_or(plain_name)) {
        verdict @ (Verdict::Secret | Verdict::SecretText | Verdict::Pin) => verdict,
        Verdict::Open if sign == b'=' && is_signature(plain_name) => Verdict::Secret,
        Verdict::Open if sign == b'=' && is_digest_response(plain_name, cut(text, start..)) => Verdict::Secret,
        Verdict::Open if sign == b'=' && is_parameter(text, name, start) => Verdict::Secret,
        Verdict::Open if sign == b':' && name.name == "Private-Lines" => return putty_key(text, start),
        Verdict::Open | Verdict::Link | Verdict::Exempt => return None,
    };
    if is_met(look_back(text, name.start, 32)) || cut(text, start..).starts_with(FILTERED) {
        return None;
    }
    if sign == b':' && is_visibility(look(text, at + 1, 120)) {
        return None;
    }
    if is_directory(plain_name, cut(text, start..)) {
        return None;
    }
    // `total_tokens=123456` is a count, however large.
    if is_count(plain_name, cut(text, start..)) {
        return None;
    }
    if sign == b':'
        && style == Style::Text
        && let Some(range) = value::block(text, start)
    {
        return Some(range);
    }
    let range = match value::quoted(text, start) {
        Some(range) => range,
        None => match value::wrapped(text, start, style == Style::Code) {
            Some(range) => range,
            None if style == Style::Code => return None,
            None => return plain(text, at, start, name, plain_name, verdict),
        },
    };
    (!is_harmless(cut(text, range.clone()), verdict)).then_some(range)
}

/// Finds the unquoted value that begins at `start`.
fn plain(
    text: &str,
    at: usize,
    start: usize,
    name: &Name<'_>,
    plain_name: &str,
    verdict: Verdict,
) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    if bytes.get(start) == Some(&b'[') && are_sentences(look(text, start + 1, 600)) {
        return None;
    }
    if let Some(open) = bracket(text, start, name, plain_name, verdict) {
        return Some(start..value::matching(bytes, open));
    }
    if bytes[at] == b':' && is_header(plain_name, cut(text, ..name.start).ends_with(' ')) {
        let line = cut(text, start..value::line_end(look(text, 0, start + value::MAX_LOOK), start));
        // `token` is an authentication scheme of GitHub.
        let word = line.strip_prefix("token ").unwrap_or(line);
        let is_prose = is_prose(first_word(word)) && !line.contains('=');
        let is_secret = !is_prose && !says_nothing(line, verdict);
        return is_secret.then(|| start..value::line_end(text, start));
    }
    // The beginning decides. Otherwise a text that is not a secret would be read to its end from each of its colons.
    let near = cut(text, start..value::plain_end(text, start, value::MAX_LOOK));
    let closed = cut(
        text,
        start
            ..start
                + near.len()
                + super::run(look(text, start + near.len(), 2), |byte| matches!(byte, b'}' | b')' | b']' | b'>')),
    );
    if is_placeholder(closed) {
        return None;
    }
    // A list or an object that does not look like a secret.
    if near.starts_with(['[', '{', '(']) && !(verdict == Verdict::Secret && looks_secret(near)) {
        return None;
    }
    // A value after `=` without blanks around it is always taken as a value.
    let apart = bytes[at] == b':' && !name.quoted || bytes[at] == b'=' && start > at + 1 && is_prose(near);
    if is_harmless(near, verdict) || apart && !is_meant(text, start, near, name, plain_name, verdict) {
        return None;
    }
    let end = value::plain_end(text, start, usize::MAX);
    // `Wrapper<Text>("…")`
    let near = look(text, end, 64);
    if let Some(close) = near.strip_prefix('<').and_then(|near| near.find(">("))
        && let Some(inner) = value::quoted(text, end + 1 + close + 2)
    {
        return Some(inner);
    }
    // An unknown wrapper: its quoted content must not be left after the mark.
    if matches!(bytes[start..end].last(), Some(b'(' | b'{' | b'[' | b'=' | b':'))
        && let Some(inner) = value::quoted(text, end)
    {
        return Some(inner);
    }
    // The brackets of `[hunter2]` stay.
    let opened = match (bytes[start], bytes.get(end)) {
        (b'[', Some(b']')) | (b'{', Some(b'}')) | (b'(', Some(b')')) => 1,
        _ => 0,
    };
    Some(start + opened..end)
}

/// Returns whether `near`, after `name:`, is a value and not the next word of a sentence (`invalid token: expected …`).
fn is_meant(text: &str, start: usize, near: &str, name: &Name<'_>, plain_name: &str, verdict: Verdict) -> bool {
    let after = cut(text, start + near.len()..);
    // `password: 8 characters minimum`, `password: doesn't match`
    if is_prose(near) || after.starts_with(" char") || after.starts_with("'t ") {
        return false;
    }
    let digits = near.bytes().filter(u8::is_ascii_digit).count();
    if is_password(plain_name) || looks_secret(near) || verdict != Verdict::SecretText && digits >= 3 {
        return true;
    }
    // `token: word` with nothing else, where a field is expected.
    let before = cut(text, ..name.start).trim_end_matches(['"', '\'', '`', '\\', '[', ':', '-']);
    let is_field =
        before.is_empty() || before.ends_with(['\n', ',', '{', '(', ';', '&', '|', '?']) || before.ends_with(", ");
    let is_alone = after.is_empty() || after.starts_with(['\n', '\r', ',', ';', '}', ')']);
    let is_word = near.len() >= 4 && near.bytes().any(|byte| byte.is_ascii_alphanumeric());
    is_field && is_alone && is_word && is_strong(plain_name)
}

/// Returns whether a list contains only sentences, as validation errors do: `["This field is required."]`.
fn are_sentences(list: &str) -> bool {
    let mut at = 0;
    while let Some(range) = value::quoted(list, at).filter(|range| range.end < list.len()) {
        if !is_sentence(cut(list, range.clone())) {
            return false;
        }
        at = range.end + super::run(cut(list, range.end..), |byte| matches!(byte, b'"' | b'\'' | b'\\'));
        if cut(list, at..).starts_with(']') {
            return true;
        }
        at += super::run(cut(list, at..), |byte| matches!(byte, b',' | b' ' | b'\n'));
    }
    false
}

/// Returns where the bracket opens of a list or an object whose values are all secrets.
fn bracket(text: &str, start: usize, name: &Name<'_>, plain_name: &str, verdict: Verdict) -> Option<usize> {
    let bytes = text.as_bytes();
    // The object may have a type: `%{` in Elixir, `Cookies {` in Rust.
    let near = look(text, start, 64);
    let type_name = super::run(near, |byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':' | b'%' | b'#' | b'.' | b'&')
    });
    let gap = usize::from(type_name > 0 && cut(near, type_name..).starts_with(' '));
    let open = start + type_name + gap;
    let is_list = match bytes.get(open) {
        Some(b'[') if gap == 0 => true,
        Some(b'{') => false,
        Some(_) | None => return None,
    };
    let inner = look(text, open + 1, value::MAX_LOOK);
    let is_quoted = inner.split([']', '}']).next().is_some_and(|inner| inner.contains(['"', '\'']));
    let many = inner.find([']', '}']).is_some_and(|end| cut(inner, ..end).contains([',', ':', '=']));
    let whole = match verdict {
        Verdict::Secret => is_quoted && (name.quoted || type_name > 0 || is_list) || many && is_list,
        // A list of numbers is a list of counts. The names in an object decide about its values.
        Verdict::SecretText => {
            is_quoted && (is_list && name.quoted || is_cookies(plain_name)) || many && is_cookies(plain_name)
        }
        Verdict::Pin | Verdict::Open | Verdict::Link | Verdict::Exempt => false,
    };
    whole.then_some(open)
}

/// Finds the value of a printed pair, such as `('X-Api-Key', '…')` or `["token", "…"]`, whose comma is at `at`.
pub(super) fn in_pair(text: &str, at: usize, rules: &Compiled) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let is_quoted = matches!(bytes.get(at.checked_sub(1)?), Some(b'"' | b'\'')) || bytes[..at].ends_with(b"\">>");
    // Atoms and symbols have no quotes: `{password,"…"}` and `[:password, "…"]`.
    let opens = matches!(bytes.get(at + 1..), Some([b'"' | b'<', ..] | [b' ', b'"' | b'<' | b'\'', ..]));
    if !is_quoted && !opens {
        return None;
    }
    let Name { start, name, .. } = Name::before(text, at)?;
    let opening = look_back(text, start, 8).trim_end_matches(['"', '\'', '\\', ':']);
    if !opening.ends_with(['[', '(', '{', '<']) {
        return None;
    }
    let verdict = rules.verdict(name);
    if !matches!(verdict, Verdict::Secret | Verdict::SecretText | Verdict::Pin) {
        return None;
    }
    let start = at + 1 + usize::from(bytes.get(at + 1) == Some(&b' '));
    let (open, quote) = value::quote(bytes, start)?;
    if cut(text, open..).starts_with(FILTERED) {
        return None;
    }
    let end = value::closing(text, open, quote);
    let closed = matches!(bytes.get(end + quote.len()), Some(b']' | b')' | b'}' | b'>'));
    (closed && !is_harmless(cut(text, open..end), verdict)).then_some(open..end)
}

/// Returns whether the text after the colon is the visibility of a property of a PHP object, and not its value.
fn is_visibility(after: &str) -> bool {
    let class = after.split(']').next().unwrap_or_default();
    after.len() > class.len() && (class == "protected" || class == "private" || class.ends_with(":private"))
}

/// Returns whether the name ends in `tokens` and the value is a number.
pub(crate) fn is_count(name: &str, value: &str) -> bool {
    let last = name.len().saturating_sub(6);
    let is_plural = name.is_char_boundary(last) && cut(name, last..).eq_ignore_ascii_case("tokens");
    if !is_plural {
        return false;
    }
    let value = value.trim_start_matches(['"', '\'', '\\']);
    let digits = super::run(look(value, 0, 20), |byte| byte.is_ascii_digit());
    let end = value.as_bytes().get(digits);
    (1..=12).contains(&digits) && end.is_none_or(|&byte| !super::is_word(byte) && byte != b'-')
}

/// Returns whether the whole line of this header is a secret. `cookie:` within a sentence is not a header.
fn is_header(name: &str, in_sentence: bool) -> bool {
    let is = |header: &str| name.eq_ignore_ascii_case(header);
    is("authorization")
        || is("proxy-authorization")
        || is("set-cookie")
        || is("x-api-key")
        || (is("cookie") && !in_sentence)
}

/// Returns whether this is a parameter with the signature of a signed URL.
fn is_signature(name: &str) -> bool {
    ["sig", "signature", "x-amz-signature", "x-goog-signature", "hmac", "client_assertion", "samlresponse"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
}

/// Returns whether a name is so clear that the text after its colon is always taken as the value.
fn is_password(name: &str) -> bool {
    let name = name.as_bytes();
    ["password", "passwd", "pwd", "passphrase"]
        .iter()
        .any(|word| name.len() >= word.len() && name[name.len() - word.len()..].eq_ignore_ascii_case(word.as_bytes()))
}

/// Returns whether a word looks like a token and not like prose.
fn looks_secret(value: &str) -> bool {
    value.len() >= 6
        && value.is_ascii()
        && value.bytes().any(|byte| byte.is_ascii_digit())
        && value.bytes().any(|byte| byte.is_ascii_alphabetic())
        || value.len() >= 16 && value.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns whether a name hardly ever means anything but a secret.
fn is_strong(name: &str) -> bool {
    let name = name.as_bytes();
    ["token", "secret", "key"]
        .iter()
        .any(|word| name.len() >= word.len() && name[name.len() - word.len()..].eq_ignore_ascii_case(word.as_bytes()))
}

/// Returns whether this is a name for all cookies of a request or a response.
pub(crate) fn is_cookies(name: &str) -> bool {
    name.to_ascii_lowercase().ends_with("cookies")
        || name.eq_ignore_ascii_case("cookie")
        || name.eq_ignore_ascii_case("set-cookie")
}

fn first_word(text: &str) -> &str {
    text.split(' ').next().unwrap_or_default()
}

/// Returns whether this is the working directory of a shell, `PWD=/srv/app`, whose name looks like one for a password.
pub(crate) fn is_directory(name: &str, value: &str) -> bool {
    let is_pwd = name.eq_ignore_ascii_case("pwd") || name.eq_ignore_ascii_case("oldpwd");
    let value = value.trim_start_matches(['"', '\'', '\\']);
    let is_drive = matches!(value.as_bytes(), [b'A'..=b'Z' | b'a'..=b'z', b':', ..]);
    is_pwd && (is_drive || value.starts_with(['/', '~']))
}

/// Returns whether this is `response="…"` of HTTP digest authentication: a hash that can be attacked offline.
fn is_digest_response(name: &str, value: &str) -> bool {
    let value = value.trim_start_matches(['"', '\\']);
    name == "response" && super::run(look(value, 0, 64), |byte| byte.is_ascii_hexdigit()) >= 32
}

/// Returns whether a parameter of a URL is a secret by its name and look: OAuth's `code`, Google's `key`.
fn is_parameter(text: &str, name: &Name<'_>, start: usize) -> bool {
    let is_named = ["code", "key", "k", "sign", "ticket", "assertion"].contains(&name.name);
    if !is_named || !cut(text, ..name.start).ends_with(['?', '&', '#']) {
        return false;
    }
    let value = cut(text, start..value::plain_end(text, start, value::MAX_LOOK));
    value.len() >= 10 && looks_secret(value)
}

/// Finds the private part of a key in PuTTY's format.
fn putty_key(text: &str, start: usize) -> Option<Range<usize>> {
    let from = start + look(text, start, 16).find('\n')? + 1;
    let end = super::find_from(text, from, "Private-MAC").unwrap_or(text.len());
    (end > from && !cut(text, from..).starts_with(FILTERED)).then_some(from..end)
}
