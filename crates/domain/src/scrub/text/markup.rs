//! Elements of XML and HTML: `<password>…</password>`.

use std::ops::Range;

use super::super::FILTERED;
use super::super::keys::Verdict;
use super::super::rules::Compiled;
use super::{look, look_back, prose};

/// The longest tag that is looked at, in bytes.
const MAX_TAG: usize = 200;

/// The content of the element whose opening tag ends at the `>` at `at`.
pub(super) fn element(text: &str, at: usize, rules: &Compiled) -> Option<Range<usize>> {
    let next = text.as_bytes().get(at + 1)?;
    // `->` and `=>`.
    if at == 0 || matches!(text.as_bytes()[at - 1], b'-' | b'=') {
        return None;
    }
    let before = look_back(text, at, MAX_TAG);
    let tag = &before[before.rfind('<')? + 1..];
    let name = if tag == "/key" || tag == "/name" || tag == "/Name" || tag == "/Key" {
        // `<key>password</key><string>…</string>` of a property list.
        let named = before[..before.len() - tag.len() - 1].rsplit('>').next()?;
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
            || end < tag.len() && !tag[end..].starts_with(|first: char| first.is_ascii_whitespace())
            || tag.ends_with(['/', '-', '='])
        {
            return None;
        }
        tag[..end].rsplit(':').next()?
    };
    let verdict = rules.verdict(name);
    if !is_secret(verdict) {
        return None;
    }
    let range = content(text, at + 1)?;
    (!prose::is_harmless(text[range.clone()].trim(), verdict)).then_some(range)
}

fn is_secret(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Secret | Verdict::SecretText | Verdict::Pin)
}

/// The text of an element from `start` to its closing tag; elements within have names of their own.
pub(super) fn content(text: &str, start: usize) -> Option<Range<usize>> {
    let rest = text.get(start..)?;
    if rest.starts_with(FILTERED) {
        return None;
    }
    if rest.trim_start().starts_with("<![CDATA[") {
        let length = rest.find("]]>").unwrap_or(rest.len());
        let from = rest.find("[CDATA[")? + "[CDATA[".len();
        return (length > from && !rest[from..].starts_with(FILTERED)).then(|| start + from..start + length);
    }
    let length = rest.find('<')?;
    let is_closed = rest[length..].starts_with("</");
    (is_closed && !rest[..length].trim().is_empty()).then(|| start..start + length)
}
