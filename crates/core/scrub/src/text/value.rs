//! Finds where the value after a name begins and ends.

use std::ops::Range;

use super::super::FILTERED;
use super::{cut, look, run, work};

/// The most bytes of a value that are read to decide whether it is a value.
pub(super) const MAX_LOOK: usize = 256;

/// Returns where a quoted value begins, and its quote with the backslashes before it. Prefixes such as `b'…'` are
/// skipped.
pub(super) fn quote(bytes: &[u8], start: usize) -> Option<(usize, &[u8])> {
    let prefix = match bytes.get(start..)? {
        [b'b' | b'B' | b'u' | b'r' | b'f' | b'@' | b'N' | b'n', ..] => 1,
        [b':', b'"', ..] => 1,
        [b'<', b'<', b'"', ..] => 2,
        _ => 0,
    };
    let slashes = bytes.get(start + prefix..)?.iter().take_while(|&&byte| byte == b'\\').count();
    let open = start + prefix + slashes;
    matches!(bytes.get(open), Some(b'"' | b'\'' | b'`')).then(|| (open + 1, &bytes[start + prefix..=open]))
}

/// Returns the end of the quoted value that begins at `open`: the same quote with at most as many backslashes.
pub(super) fn closing(text: &str, open: usize, quote: &[u8]) -> usize {
    let bytes = text.as_bytes();
    let (mark, slashes) = (quote[quote.len() - 1], quote.len() - 1);
    let mut at = open;
    while at < bytes.len() {
        let slashed = bytes[at..].iter().take_while(|&&byte| byte == b'\\').count();
        work::count(slashed);
        if bytes.get(at + slashed) == Some(&mark) && slashed <= slashes {
            return at;
        }
        // An escaped quote, or any other escaped character, is part of the value.
        at += slashed + 1;
    }
    bytes.len()
}

/// Returns the quoted value that begins at `start`.
pub(super) fn quoted(text: &str, start: usize) -> Option<Range<usize>> {
    quoted_to_end(text, start).map(|(value, _)| value)
}

/// The quoted value that begins at `start`, and where the text goes on after the quote that closes it.
pub(super) fn quoted_to_end(text: &str, start: usize) -> Option<(Range<usize>, usize)> {
    let (open, quote) = quote(text.as_bytes(), start)?;
    let end = closing(text, open, quote);
    let closed = text.len().min(end + quote.len());
    Some((open..end, text.ceil_char_boundary(closed)))
}

/// Functions and constructors that print or wrap their argument.
const WRAPPERS: [&str; 26] = [
    "Some",
    "Ok",
    "Just",
    "Right",
    "Optional",
    "Secret",
    "SecretStr",
    "SecretBytes",
    "SecretString",
    "SecretBox",
    "Secret::new",
    "SecretString::new",
    "SecretString::from",
    "String",
    "String::from",
    "str",
    "bytes",
    "Box::new",
    "Arc::new",
    "Protected",
    "Redacted",
    "Password",
    "Token",
    "Sensitive",
    "SensitiveParameterValue",
    "NSString",
];

/// Returns the literal within `Some("…")`, `new String("…")`, `string(8) "…"`, `char[]{…}` or `Just "…"` at `start`.
///
/// In source code only known wrappers count: `getenv("DB_PASSWORD")` reveals nothing.
pub(super) fn wrapped(text: &str, start: usize, only_known: bool) -> Option<Range<usize>> {
    let mut at = start;
    let mut known = false;
    for depth in 0..4 {
        let near = look(text, at, 64);
        let skipped = near.len() - near.strip_prefix("new ").unwrap_or(near).trim_start_matches(['&', '*']).len();
        let near = cut(near, skipped..);
        let length = run(near, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':' | b'.'));
        let name = cut(near, ..length);
        let after = cut(near, length..);
        known |= WRAPPERS.contains(&name) || WRAPPERS.iter().any(|known| name.rsplit(['.', ':']).next() == Some(known));
        if !name.starts_with(|first: char| first.is_ascii_alphabetic()) {
            return None;
        }
        let behind = at + skipped + length;
        // `string(8) "…"` in PHP, `Just "…"` in Haskell.
        let counted = after
            .strip_prefix('(')
            .and_then(|rest| rest.split_once(')'))
            .filter(|(count, _)| !count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit()));
        if let Some((count, rest)) = counted
            && rest.starts_with([' ', '"'])
        {
            let from = behind + count.len() + 2 + usize::from(rest.starts_with(' '));
            return quoted(text, from);
        }
        if known && after.starts_with(" \"") {
            return quoted(text, behind + 1);
        }
        let array = after.strip_prefix("[]").unwrap_or(after);
        if array.len() < after.len() && array.trim_start().starts_with('{') {
            let from = behind + 2 + (array.len() - array.trim_start().len());
            return Some(from + 1..matching(text.as_bytes(), from).saturating_sub(1).max(from + 1));
        }
        let inner = after.strip_prefix(['(', '{'])?;
        let inner_at = behind + 1 + (inner.len() - inner.trim_start().len());
        if let Some(range) = quoted(text, inner_at) {
            return (known || !only_known).then_some(range);
        }
        let plain = run(look(text, inner_at, MAX_LOOK), |byte| {
            !matches!(byte, b')' | b'}' | b'(' | b'{' | b' ' | b',' | b'"' | b'\'')
        });
        if known && !only_known && plain > 0 && matches!(text.as_bytes().get(inner_at + plain), Some(b')' | b'}')) {
            return Some(inner_at..inner_at + plain);
        }
        if depth == 3 {
            return None;
        }
        at = inner_at;
    }
    None
}

/// Returns where the bracket at `start` is closed. Brackets within quotes do not count.
pub(super) fn matching(bytes: &[u8], start: usize) -> usize {
    let (mut depth, mut quote, mut at) = (0usize, None, start);
    while at < bytes.len() {
        work::count(1);
        match (bytes[at], quote) {
            (b'\\', _) => at += 1,
            (byte, Some(open)) if byte == open => quote = None,
            (_, Some(_)) => {}
            (byte @ (b'"' | b'\''), None) => quote = Some(byte),
            (b'[' | b'{', None) => depth += 1,
            (b']' | b'}', None) => {
                depth = depth.saturating_sub(1);
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

/// Returns the end of an unquoted value, after at most about `most` bytes, at a character boundary.
pub(super) fn plain_end(text: &str, start: usize, most: usize) -> usize {
    let bytes = text.as_bytes();
    let ends = |byte: u8| {
        byte.is_ascii_whitespace()
            || matches!(byte, b',' | b';' | b'&' | b')' | b'}' | b']' | b'"' | b'\'' | b'<' | b'>' | b'`' | b'#')
    };
    // The description of an object is one value: `token=<Token object at 0x7f00>`.
    let is_less = bytes.get(start) == Some(&b'<') && !look(text, start, 80).contains('>');
    // A sign at the beginning may belong to the value: `password=#hunter2`.
    let first = usize::from(
        (matches!(bytes.get(start), Some(b'#' | b'}' | b']' | b')')) || is_less)
            && bytes.get(start + 1).is_some_and(u8::is_ascii_alphanumeric),
    );
    let length = first + bytes[start + first..].iter().take(most).take_while(|&&byte| !ends(byte)).count();
    let length = text.ceil_char_boundary(start + length) - start;
    work::count(length);
    // A token after its scheme belongs to the value.
    let scheme =
        matches!(&bytes[start..start + length], [b'B' | b'b', ..] if is_scheme(cut(text, start..start + length)));
    if scheme && bytes.get(start + length) == Some(&b' ') {
        return plain_end(text, start + length + 1, most);
    }
    start + length
}

fn is_scheme(word: &str) -> bool {
    word.eq_ignore_ascii_case("bearer") || word.eq_ignore_ascii_case("basic")
}

pub(super) fn line_end(text: &str, start: usize) -> usize {
    let mut at = start;
    loop {
        let end = at + run(cut(text, at..), |byte| !matches!(byte, b'\n' | b'\r' | b'"' | b'\''));
        if end == text.len() {
            return end;
        }
        // In `Digest username="ann", response="…"` the quotes are part of the line.
        let is_parameter = text.as_bytes()[end] == b'"' && cut(text, ..end).ends_with('=') && end > start;
        if !is_parameter {
            return end;
        }
        at = end + 1 + run(cut(text, end + 1..), |byte| !matches!(byte, b'\n' | b'"'));
        if text.as_bytes().get(at) == Some(&b'"') {
            at += 1;
        }
    }
}

/// Returns the indented lines of a YAML block whose `|` or `>` is at `start`.
pub(super) fn block(text: &str, start: usize) -> Option<Range<usize>> {
    let near = look(text, start, 8);
    let rest = near.strip_prefix(['|', '>'])?.trim_start_matches(['-', '+', '1', '2', '4']);
    let rest = rest.strip_prefix('\r').unwrap_or(rest).strip_prefix('\n')?;
    let from = start + near.len() - rest.len();
    let mut at = from;
    while cut(text, at..).starts_with([' ', '\t']) {
        at += run(cut(text, at..), |byte| byte != b'\n');
        if at == text.len() {
            break;
        }
        at += 1;
    }
    let lines = cut(text, from..at);
    let inner = from + (lines.len() - lines.trim_start().len())..from + lines.trim_end().len();
    (!inner.is_empty() && !lines.trim_start().starts_with(FILTERED)).then_some(inner)
}
