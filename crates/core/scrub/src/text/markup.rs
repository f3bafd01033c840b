//! Elements of XML and HTML: `<password>…</password>`.

use std::ops::Range;

use super::super::FILTERED;
use super::super::keys::Verdict;
use super::super::rules::Compiled;
use super::{cut, look, look_back, prose};

/// The longest tag that is read, in bytes.
const MAX_TAG: usize = 200;
/// The longest content that is read, in bytes. Longer content is a key, which is recognised by its own form.
const MAX_CONTENT: usize = 1_000;

/// Finds the secret content of the element whose opening tag ends at the `>` at `at`.
pub(super) fn element(text: &str, at: usize, rules: &Compiled) -> Option<Range<usize>> {
    let next = text.as_bytes().get(at + 1)?;
    // The sign of `->` and `=>`.
    if at == 0 || matches!(text.as_bytes()[at - 1], b'-' | b'=') {
        return None;
    }
    let before = look_back(text, at, MAX_TAG);
    let tag = cut(before, before.rfind('<')? + 1..);
    let name = if tag == "/key" || tag == "/name" || tag == "/Name" || tag == "/Key" {
        // In a property list, the key is the content of another element: `<key>password</key><string>…</string>`.
        let named = cut(before, ..before.len() - tag.len() - 1).rsplit('>').next()?;
        if !is_secret(rules.verdict(named)) {
            return None;
        }
        let rest = look(text, at + 1, MAX_TAG);
        let open = rest.trim_start().strip_prefix('<')?;
        let close = open.find('>')?;
        if open.starts_with('/') {
            return None;
        }
        let start = at + 1 + (rest.len() - open.len()) + close + 1;
        return content(text, start);
    } else if next.is_ascii_whitespace() && tag.contains(' ') {
        return None;
    } else {
        let end = super::run(tag, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b':' | b'.'));
        if end == 0
            || end < tag.len() && !cut(tag, end..).starts_with(|first: char| first.is_ascii_whitespace())
            || tag.ends_with(['/', '-', '='])
        {
            return None;
        }
        cut(tag, ..end).rsplit(':').next()?
    };
    let verdict = rules.verdict(name);
    if !is_secret(verdict) {
        return None;
    }
    let range = content(text, at + 1)?;
    (!prose::is_harmless(cut(text, range.clone()).trim(), verdict)).then_some(range)
}

fn is_secret(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Secret | Verdict::SecretText | Verdict::Pin)
}

/// Returns the text of an element from `start` to its closing tag. Nested elements have their own names.
pub(super) fn content(text: &str, start: usize) -> Option<Range<usize>> {
    let rest = text.get(start..)?;
    if rest.starts_with(FILTERED) {
        return None;
    }
    let blank = super::run(rest, |byte| byte.is_ascii_whitespace());
    let rest = cut(rest, blank..);
    let start = start + blank;
    if let Some(data) = rest.strip_prefix("<![CDATA[") {
        let from = text.len() - data.len();
        let end = super::find_from(text, from, "]]>").unwrap_or(text.len());
        return (end > from && !data.starts_with(FILTERED)).then_some(from..end);
    }
    if rest.starts_with('<') {
        return within(text, start).and_then(|start| content_of(text, start));
    }
    content_of(text, start)
}

/// Returns the text that begins at `start`, up to a closing tag.
fn content_of(text: &str, start: usize) -> Option<Range<usize>> {
    let near = look(text, start, MAX_CONTENT);
    let end = start + super::run(near, |byte| byte != b'<');
    // If the text was cut, it ends within the element.
    let is_word = |letter: char| !letter.is_whitespace() && !"\"'(){}[]>&,;".contains(letter);
    let is_cut = end == text.len() && end >= start + 4 && cut(text, start..end).chars().all(is_word);
    let is_closed = cut(text, end..).starts_with("</") || is_cut;
    let is_text = !near.starts_with(FILTERED) && !cut(text, start..end).trim().is_empty();
    (is_closed && is_text).then_some(start..end)
}

/// Returns where the text begins if the element at `at` only marks a value, as in `<value><string>…</string></value>`.
fn within(text: &str, mut at: usize) -> Option<usize> {
    for _ in 0..3 {
        let near = look(text, at, MAX_TAG);
        let tag = near.strip_prefix('<')?;
        let name = super::run(tag, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'_'));
        let local = cut(tag, ..name).rsplit(':').next()?;
        if !["value", "val", "string", "text", "str", "data", "int", "i4"]
            .iter()
            .any(|known| local.eq_ignore_ascii_case(known))
        {
            return None;
        }
        let close = tag.find('>').filter(|&close| !cut(tag, ..close).ends_with('/'))?;
        at += 1 + close + 1;
        let inner = look(text, at, MAX_TAG);
        let blank = inner.len() - inner.trim_start().len();
        if !cut(inner, blank..).starts_with('<') {
            return Some(at);
        }
        at += blank;
    }
    None
}
