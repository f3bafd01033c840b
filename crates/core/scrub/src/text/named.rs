//! Values whose name is the value of another key: `{name: "password", value: "…"}`,
//! `<input name="password" value="…">`, a part of a multipart form.

use std::ops::Range;

use super::super::FILTERED;
use super::super::keys::Verdict;
use super::super::rules::Compiled;
use super::name::Name;
use super::{cut, look, prose, value};

/// The most bytes between the name and its value.
const MAX_GAP: usize = 200;

/// Returns whether a key holds the name of another value.
pub(crate) fn is_naming(key: &str) -> bool {
    matches!(
        key,
        "name"
            | "Name"
            | "key"
            | "Key"
            | "header"
            | "Header"
            | "field"
            | "Field"
            | "param"
            | "parameter"
            | "id"
            | "k"
            | "label"
            | "Label"
            | "headerName"
    )
}

/// Returns whether a key holds the value that another key names.
pub(crate) fn is_named(key: &str) -> bool {
    matches!(
        key,
        "value"
            | "Value"
            | "values"
            | "Values"
            | "val"
            | "v"
            | "content"
            | "headerValue"
            | "stringValue"
            | "string_value"
            | "StringValue"
    )
}

/// Finds the value whose name is assigned by the `=` or `:` at `at`.
pub(super) fn find(text: &str, at: usize, key: &Name<'_>, rules: &Compiled) -> Option<Range<usize>> {
    if !is_naming(key.name.rsplit('.').next().unwrap_or(key.name)) {
        return None;
    }
    let bytes = text.as_bytes();
    let arrow = usize::from(bytes.get(at + 1) == Some(&b'>'));
    let from = at + 1 + arrow;
    let start = from + bytes[from..].iter().take(3).take_while(|&&byte| byte == b' ').count();
    let near = look(text, start, 120);
    let (name, end) = match value::quoted_to_end(near, 0) {
        Some((name, end)) => {
            // If the name is not closed within these bytes, its end is unknown, so it is ignored.
            near.as_bytes().get(name.end)?;
            (cut(near, name), start + end)
        }
        None => {
            let length = super::run(near, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
            (cut(near, ..length), start + length)
        }
    };
    let verdict = rules.verdict(name);
    if !matches!(verdict, Verdict::Secret | Verdict::SecretText | Verdict::Pin) {
        return None;
    }
    let rest = look(text, end, MAX_GAP);
    let range = multipart(text, end, rest)
        .or_else(|| beside(text, end, rest))
        .or_else(|| element(text, end, rest))
        .or_else(|| before(text, key.start))?;
    (!prose::is_harmless(cut(text, range.clone()), verdict)).then_some(range)
}

/// Returns the body of the form part whose header continues at `end`, up to the next boundary.
fn multipart(text: &str, end: usize, rest: &str) -> Option<Range<usize>> {
    let (gap, sign) = [("\r\n\r\n", "\r\n--"), ("\n\n", "\n--")]
        .iter()
        .find_map(|(blank, boundary)| Some((rest.find(blank)? + blank.len(), boundary)))?;
    // There must be only headers of the part in between.
    if cut(rest, ..gap).contains(['{', '}', '<', '>'])
        || !super::look_back(text, end, 160).to_ascii_lowercase().contains("form-data")
    {
        return None;
    }
    let start = end + gap;
    if cut(text, start..).starts_with(FILTERED) {
        return None;
    }
    Some(start..super::find_from(text, start, sign).unwrap_or(text.len()))
}

/// Returns the next value of the same object or tag.
fn beside(text: &str, end: usize, rest: &str) -> Option<Range<usize>> {
    let inner =
        cut(rest, ..rest.find(['}', '{', '>']).filter(|&at| !cut(rest, ..at).ends_with('=')).unwrap_or(rest.len()));
    let (sign, _) = inner.match_indices(['=', ':']).find(|(sign, _)| {
        let before = cut(inner, ..*sign).trim_end_matches([' ', '"', '\'', '`', '\\', ']']);
        let word = super::tail(before, |byte| byte.is_ascii_alphanumeric());
        is_named(word)
    })?;
    let from = end + sign + 1 + usize::from(cut(rest, sign + 1..).starts_with('>'));
    let start = from + super::run(look(text, from, 16), |byte| matches!(byte, b' ' | b'[' | b'\n'));
    if cut(text, start..).starts_with(FILTERED) || cut(text, start..).starts_with('{') {
        return None;
    }
    let range = value::quoted(text, start)
        .or_else(|| value::wrapped(text, start, false))
        .unwrap_or_else(|| start..value::plain_end(text, start, usize::MAX));
    (!range.is_empty()).then_some(range)
}

/// Returns the value of the same object or tag before the name at `to`: `{"value": "…", "name": "password"}`.
fn before(text: &str, to: usize) -> Option<Range<usize>> {
    let near = super::look_back(text, to, MAX_GAP);
    let inner = cut(near, near.rfind(['{', '<', '(', '}', '>']).map_or(0, |open| open + 1)..);
    let from = to - inner.len();
    let (sign, _) = inner.match_indices(['=', ':']).find(|(sign, _)| {
        let key = cut(inner, ..*sign).trim_end_matches([' ', '"', '\'', '`', '\\']);
        is_named(super::tail(key, |byte| byte.is_ascii_alphanumeric()))
    })?;
    let arrow = usize::from(cut(inner, sign + 1..).starts_with('>'));
    let start = from + sign + 1 + arrow + super::run(cut(inner, sign + 1 + arrow..), |byte| byte == b' ');
    if cut(text, start..).starts_with(FILTERED) {
        return None;
    }
    let range = value::quoted(text, start).unwrap_or_else(|| start..value::plain_end(text, start, MAX_GAP));
    (!range.is_empty() && range.end <= to).then_some(range)
}

/// Returns the content of an element such as `<property name="password">…</property>`.
fn element(text: &str, end: usize, rest: &str) -> Option<Range<usize>> {
    let close = rest.find('>')?;
    let tag = cut(rest, ..close);
    if tag.contains(['<', '{', '}', ',', '\n']) || tag.ends_with(['/', '=', '-']) {
        return None;
    }
    super::markup::content(text, end + close + 1)
}
