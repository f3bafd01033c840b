//! Finds secrets in texts.

mod argv;
mod assignment;
mod card;
mod markup;
mod name;
mod named;
mod number;
mod personal;
mod php;
mod prose;
mod sentence;
mod sql;
mod token;
mod unfold;
mod url;
mod value;
pub(super) mod work;

use std::ops::{Bound, Range, RangeBounds};

pub(super) use assignment::{is_cookies, is_count, is_directory};
pub(super) use card::is_card_number;
pub(super) use named::{is_named, is_naming};
pub(super) use prose::is_harmless;

use super::FILTERED;
use super::rules::Compiled;

/// The kind of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// Text written by people or programs: messages, queries, headers, printed variables.
    Text,
    /// Source code. Only literals can be secrets there: `token = read()` reveals nothing.
    Code,
}

/// The most passes over a text. A second pass only finds something in texts that were made for it.
const MAX_PASSES: usize = 8;
/// How many levels of nested encoding are decoded (`%253D`).
const MAX_DEPTH: usize = 3;

/// Returns `text` without its secrets, or `None` if it has none, which is by far the most frequent case.
///
/// The result is scrubbed again until nothing is found, so that scrubbing it later changes nothing. A text that still
/// changes after [`MAX_PASSES`] is replaced as a whole.
pub(super) fn scrub(text: &str, style: Style, rules: &Compiled) -> Option<String> {
    let mut clean = replace(text, find_all(text, style, rules, 0))?;
    for _ in 1..MAX_PASSES {
        match replace(&clean, find_all(&clean, style, rules, 0)) {
            Some(cleaner) => clean = cleaner,
            None => return Some(clean),
        }
    }
    Some(FILTERED.to_owned())
}

/// Returns `argument` without its secret, or `None` if it has none. `line` is the part of the command line before it.
pub(super) fn scrub_argument(line: &str, argument: &str, rules: &Compiled) -> Option<String> {
    let plain = argument.len() <= 4_096 && !line.is_empty() && !argument.contains([' ', '\n', '"', '\'']);
    let clean = plain.then(|| scrub(&format!("{line}{argument}"), Style::Text, rules))??;
    let clean = clean.strip_prefix(line)?;
    (clean != argument).then(|| clean.to_owned())
}

/// Returns `text` with [`FILTERED`] in place of `ranges`, or `None` if that changes nothing.
fn replace(text: &str, mut ranges: Vec<Range<usize>>) -> Option<String> {
    if ranges.is_empty() {
        return None;
    }
    ranges.sort_unstable_by_key(|range| range.start);
    let mut filtered = text.match_indices(FILTERED).map(|(at, _)| at..at + FILTERED.len()).peekable();
    let mut out = String::new();
    let mut copied = 0;
    for range in ranges {
        let (mut start, mut end) = (range.start.max(copied), range.end);
        // An existing mark is never split.
        while let Some(mark) = filtered.next_if(|mark| mark.start < end) {
            if mark.end > start {
                start = start.min(mark.start).max(copied);
                end = end.max(mark.end);
            }
        }
        // Ranges found by counting bytes may end within a character, which is then replaced, too.
        (start, end) = (text.floor_char_boundary(start), text.ceil_char_boundary(end));
        if end <= start || cut(text, start..end).replace(FILTERED, "").is_empty() {
            continue;
        }
        out.push_str(cut(text, copied..start));
        if start > copied || !out.ends_with(FILTERED) {
            out.push_str(FILTERED);
        }
        copied = end;
    }
    if copied == 0 {
        return None;
    }
    out.push_str(cut(text, copied..));
    Some(out)
}

/// Returns the secrets in `text`, in no particular order. They may overlap.
fn find_all(text: &str, style: Style, rules: &Compiled, depth: usize) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    if text.len() < 3 {
        return found;
    }
    let mut rows_end = 0;
    let bytes = text.as_bytes();
    work::count(bytes.len());
    let (mut at, mut folded) = (0, false);
    while let Some(&byte) = bytes.get(at) {
        let class = CLASSES[usize::from(byte)];
        let is_candidate = match class {
            PASSED => false,
            // Not after a dash or point: otherwise a run of token characters would be read from each of them. The
            // second byte excludes most words.
            LETTER => {
                bytes.get(at + 1).is_some_and(|&second| token::may_begin(byte, second))
                    && (at == 0 || !token::is_inner(bytes[at - 1]))
            }
            // `bot123…:…` is a token of Telegram.
            DIGIT => at == 0 || !is_word(bytes[at - 1]) || bytes[at - 1] == b't',
            FOLD => {
                folded = folded || unfold::is_folded(bytes, at);
                false
            }
            _ => true,
        };
        match is_candidate.then(|| find(text, at, style, rules)).flatten() {
            Some(range) => {
                at = range.end.max(at + 1);
                found.push(range);
            }
            None => {
                // The rows of a statement are read only once, whatever they contain.
                if is_candidate && matches!(byte, b'V' | b'v') && at >= rows_end {
                    rows_end = sql::values(text, at, rules, &mut found).unwrap_or(rows_end);
                }
                at += 1;
            }
        }
    }
    if !rules.personal.is_empty() && style == Style::Text {
        personal::find(text, &rules.personal, &mut found);
    }
    if folded && depth < MAX_DEPTH {
        let (plain, places) = unfold::unfold(text);
        found.extend(
            find_all(&plain, style, rules, depth + 1).into_iter().map(|range| places[range.start]..places[range.end]),
        );
    }
    found
}

/// The class of each byte, by what can begin at it. Most bytes begin nothing and are skipped, and this takes most of the
/// search for secrets.
const CLASSES: [u8; 256] = {
    let mut classes = [PASSED; 256];
    let mut byte = 0;
    while byte < 256 {
        let at = byte as u8;
        if matches!(at, b'=' | b',' | b':' | b'-' | b'>' | b'@' | b'$' | b'"' | b'\'') {
            classes[byte] = SIGN;
        } else if at.is_ascii_digit() {
            classes[byte] = DIGIT;
        } else if unfold::opens(at) {
            classes[byte] = FOLD;
        } else if token::OPENS[byte] != 0 {
            classes[byte] = LETTER;
        }
        byte += 1;
    }
    classes
};
const PASSED: u8 = 0;
const SIGN: u8 = 1;
const DIGIT: u8 = 2;
const LETTER: u8 = 3;
/// May begin an encoded character.
const FOLD: u8 = 4;

/// Finds the secret that is recognised at the byte at `at`. It may begin there, or before or after it.
fn find(text: &str, at: usize, style: Style, rules: &Compiled) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    match bytes[at] {
        b'=' => named(text, at, style, rules),
        b',' if style == Style::Text => assignment::in_pair(text, at, rules),
        b':' => {
            if bytes[at..].starts_with(b"://") {
                return url::user(text, at + 3).or_else(|| token::hook_within(text, at + 3));
            }
            named(text, at, style, rules)
        }
        b'@' => url::bare_user(text, at),
        b'>' => markup::element(text, at, rules),
        b'$' => token::password_hash(text, at),
        b'"' | b'\'' => sql::literal(text, at, rules).or_else(|| php::serialized(text, at, rules)),
        b'0'..=b'9' => {
            card::find(bytes, at).or_else(|| number::social_security(text, at)).or_else(|| number::token(text, at))
        }
        b'-' => token::private_key(text, at).or_else(|| argv::option(text, at, rules)),
        // Not after a dash or point: otherwise a run of token characters would be read from each of them.
        b'A'..=b'Z' | b'a'..=b'z' => token::find(text, at),
        _ => None,
    }
}

/// Finds the secret named by the name before the `=` or `:` at `at`: the value of that name, or of another key next to
/// it.
fn named(text: &str, at: usize, style: Style, rules: &Compiled) -> Option<Range<usize>> {
    let name = name::Name::before(text, at)?;
    assignment::find(text, at, &name, style, rules).or_else(|| named::find(text, at, &name, rules))
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Returns how many bytes at the start of `text` are `wanted`.
fn run(text: &str, wanted: impl Fn(u8) -> bool) -> usize {
    let length = text.bytes().take_while(|&byte| wanted(byte)).count();
    work::count(length);
    length
}

/// Returns the position of `pattern` in `text`, from `from` on.
fn find_from(text: &str, from: usize, pattern: &str) -> Option<usize> {
    let found = cut(text, from..).find(pattern);
    work::count(found.unwrap_or(text.len() - from));
    found.map(|length| from + length)
}

/// Returns the longest end of `text` whose bytes are all `wanted`. `wanted` accepts only ASCII.
fn tail(text: &str, wanted: impl Fn(u8) -> bool) -> &str {
    let length = text.bytes().rev().take_while(|&byte| wanted(byte)).count();
    work::count(length);
    cut(text, text.len() - length..)
}

/// The part of `text` in `range`, whose bounds move to the next place between characters, and to the end of the text.
///
/// Positions are found by counting bytes, often with a bound on how many, so they may be within a character.
#[expect(clippy::string_slice, reason = "both bounds are between characters, and in order")]
fn cut(text: &str, range: impl RangeBounds<usize>) -> &str {
    let start = match range.start_bound() {
        Bound::Included(&start) => text.ceil_char_boundary(start),
        Bound::Excluded(&before) => text.ceil_char_boundary(before + 1),
        Bound::Unbounded => 0,
    };
    let end = match range.end_bound() {
        Bound::Included(&last) => text.ceil_char_boundary(last + 1),
        Bound::Excluded(&end) => text.ceil_char_boundary(end),
        Bound::Unbounded => text.len(),
    };
    &text[start..end.max(start)]
}

/// Returns at most about `most` bytes of `text` from `from` on.
///
/// Neither bound has to be at a character boundary: both move forward to the next one.
fn look(text: &str, from: usize, most: usize) -> &str {
    cut(text, from..from.saturating_add(most))
}

/// Returns about the last `most` bytes of `text` before `to`, moved to character boundaries.
fn look_back(text: &str, to: usize, most: usize) -> &str {
    cut(text, text.floor_char_boundary(to.saturating_sub(most))..text.floor_char_boundary(to))
}
