//! SQL: the values for a list of columns, `IDENTIFIED BY '…'`, and words before a literal without a sign in between.

use std::ops::Range;

use super::super::FILTERED;
use super::super::keys::Verdict;
use super::super::rules::Compiled;
use super::{cut, look_back, prose, value};

/// The longest list of columns that is read, in bytes.
const MAX_COLUMNS: usize = 2_000;
/// The most values of a statement that are read.
const MAX_VALUES: usize = 2_000;

/// Finds the literal that opens at `at` after `IDENTIFIED BY`, `PASSWORD` or a keyword of Clojure or Ruby
/// (`:password "…"`).
pub(super) fn literal(text: &str, at: usize, rules: &Compiled) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    if at < 4 {
        return None;
    }
    let is_compared = match (bytes[at - 2], bytes[at - 1]) {
        (b'a'..=b'z' | b'A'..=b'Z', b' ') => false,
        // `PASSWORD('…')`, `IN ('…')`
        (b'D' | b'd' | b'N' | b'n', b'(') | (b' ', b'(') => return in_brackets(text, at, rules),
        // `SET PASSWORD FOR 'ann' = '…'`, `password <> '…'`
        (b'=' | b'>', b' ') => true,
        _ => return None,
    };
    if is_compared {
        return compared(text, at, rules);
    }
    let before = look_back(text, at - 1, 64);
    let word = super::tail(before, |byte| super::is_word(byte) || byte == b'-');
    let from = before.len() - word.len();
    let lead = cut(before, ..from).trim_end();
    let ends = |words: &str| {
        lead.len() >= words.len()
            && lead.is_char_boundary(lead.len() - words.len())
            && cut(lead, lead.len() - words.len()..).eq_ignore_ascii_case(words)
    };
    let is_keyword = cut(before, ..from).ends_with(':') && !cut(before, ..from).ends_with("::");
    let names = if word.eq_ignore_ascii_case("by") {
        ends("identified") || lead.to_ascii_lowercase().contains("identified with")
    } else if word.eq_ignore_ascii_case("password") {
        word == "PASSWORD"
            || ends("with")
            || ends("encrypted")
            || ends("by")
            || ends("role")
            || ends("set")
            || is_keyword
            || ends("user")
            || is_mixed(value::quoted(text, at).map_or("", |range| cut(text, range)))
    } else if word.eq_ignore_ascii_case("like") || word.eq_ignore_ascii_case("ilike") {
        is_column(lead, rules)
    } else {
        is_keyword && matches!(rules.verdict(word), Verdict::Secret | Verdict::SecretText)
    };
    if !names || cut(text, at + 1..).starts_with(FILTERED) {
        return None;
    }
    let range = value::quoted(text, at)?;
    (!prose::says_nothing(cut(text, range.clone()), Verdict::Secret)).then_some(range)
}

/// Returns whether a quoted word has digits among its letters, as passwords have and names do not.
fn is_mixed(word: &str) -> bool {
    let has = |wanted: fn(&u8) -> bool| word.as_bytes().iter().any(wanted);
    (4..=100).contains(&word.len()) && !word.contains(' ') && has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic)
}

/// Finds the literal that opens at `at` within brackets: the argument of `PASSWORD(`, or the list of `password IN (`.
fn in_brackets(text: &str, at: usize, rules: &Compiled) -> Option<Range<usize>> {
    let before = look_back(text, at - 1, 64).trim_end();
    let word = super::tail(before, super::is_word);
    let lead = cut(before, ..before.len() - word.len()).trim_end();
    if cut(text, at + 1..).starts_with(FILTERED) {
        return None;
    }
    if matches!(word, "PASSWORD" | "OLD_PASSWORD") {
        return value::quoted(text, at).filter(|range| !range.is_empty());
    }
    if word.eq_ignore_ascii_case("in") && is_column(lead, rules) {
        let end = at + super::run(cut(text, at..), |byte| byte != b')');
        return Some(at..end);
    }
    None
}

/// Finds the literal that opens at `at` after a sign: `SET PASSWORD FOR 'ann' = '…'`, `password <> '…'`.
fn compared(text: &str, at: usize, rules: &Compiled) -> Option<Range<usize>> {
    let before = look_back(text, at, 120);
    let range = || {
        let range = value::quoted(text, at)?;
        (!prose::says_nothing(cut(text, range.clone()), Verdict::Secret)).then_some(range)
    };
    if let Some(lead) = before.strip_suffix("<> ") {
        return is_column(lead.trim_end(), rules).then(range)?;
    }
    let lead = before.strip_suffix("= ")?.as_bytes();
    let is_set = lead.windows(13).any(|words| words.eq_ignore_ascii_case(b"password for "));
    is_set.then(range)?
}

/// Returns whether `text` ends with the name of a column that holds a secret.
fn is_column(text: &str, rules: &Compiled) -> bool {
    let name = super::tail(text.trim_end_matches(['"', '`', ']', '\'']), super::is_word);
    !name.is_empty() && matches!(rules.verdict(name), Verdict::Secret | Verdict::SecretText)
}

/// Adds the values of secret columns in `INSERT INTO users (name, password) VALUES ('ann', '…')`, with `VALUES` at
/// `at`. Returns the end of the rows that were read.
pub(super) fn values(text: &str, at: usize, rules: &Compiled, found: &mut Vec<Range<usize>>) -> Option<usize> {
    let is_values = text.get(at..at + 6).is_some_and(|word| word.eq_ignore_ascii_case("values"));
    if !is_values || text.as_bytes().get(at + 6).is_some_and(|&byte| super::is_word(byte)) {
        return None;
    }
    // There may be an `OUTPUT` or `OVERRIDING` clause in between.
    let before = look_back(text, at, MAX_COLUMNS);
    let close = before.rfind(')').filter(|close| before.len() - close < 60)?;
    let open = cut(before, ..close).rfind('(')?;
    let columns = cut(before, open + 1..close).split(',');
    let verdicts: Vec<Verdict> = columns
        .map(|column| rules.verdict(column.trim_matches([' ', '"', '`', '\'', '[', ']', '\\', '\n', '\t'])))
        .map(|verdict| if verdict == Verdict::SecretText { Verdict::Secret } else { verdict })
        .collect();
    if !verdicts.iter().any(|verdict| matches!(verdict, Verdict::Secret | Verdict::Pin)) {
        return None;
    }
    let bytes = text.as_bytes();
    let (mut place, mut column, mut depth) = (at + 6, 0, 0usize);
    for _ in 0..MAX_VALUES {
        let Some(&byte) = bytes.get(place) else { break };
        super::work::count(1);
        match byte {
            b'(' => {
                depth += 1;
                place += 1;
            }
            b')' => {
                depth = depth.saturating_sub(1);
                place += 1;
                if depth == 0 {
                    column = 0;
                }
            }
            b',' => {
                column += usize::from(depth == 1);
                place += 1;
            }
            _ if byte.is_ascii_whitespace() => place += 1,
            _ if depth == 0 => break,
            _ => {
                let quoted = value::quoted_to_end(text, place);
                let is_quoted = quoted.is_some();
                let (Range { start, end }, next) = quoted.unwrap_or_else(|| {
                    let length = super::run(cut(text, place..), |byte| !matches!(byte, b',' | b')' | b'('));
                    let end = place + length.max(1);
                    (place..end, end)
                });
                place = next;
                let verdict = verdicts.get(column).copied().unwrap_or(Verdict::Open);
                if matches!(verdict, Verdict::Secret | Verdict::Pin)
                    && (is_quoted || !cut(text, start..end).starts_with(':'))
                {
                    let value = cut(text, start..end).trim();
                    if !prose::says_nothing(value, verdict) && !value.starts_with('@') && !value.starts_with("NULL") {
                        found.push(start..end);
                    }
                }
            }
        }
    }
    Some(place)
}
