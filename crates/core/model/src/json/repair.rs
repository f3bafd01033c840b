//! Repairs what clients are known to write instead of JSON.
//!
//! Takes one pass over the text, and runs only if the text does not parse as it is.

mod escape;
mod token;

use token::Token;

/// When a repaired copy has this many times the bytes of the text, replacements in texts that would be longer are
/// written as `?`.
const MAX_GROWTH: usize = 2;
/// Room for growth of a short text, in bytes.
const MIN_ROOM: usize = 4 << 10;

/// Returns a copy of `bytes` in which these are repaired:
///
/// - around the value: a byte order mark, and whatever follows a NUL after its end;
/// - bytes that are not UTF-8, and lone surrogate escapes: U+FFFD;
/// - in texts: control characters (escaped), and escapes that JSON does not have (`\x41`, `\'`, `\e`, `\U0001F600`,
///   `\u{1F600}`; in any other escape, the backslash is kept as text);
/// - elsewhere: control characters and a comma before `]` or `}` (left out), `nan`, `-inf`, `Infinity` and the like
///   (`null`), `True`, `None` and `undefined`, numbers such as `+1`, `.5`, `007` and `0x1F`, numbers that do not
///   fit a double (as texts), and names without quotes.
///
/// The copy is still not JSON if a text, list or object is not closed.
pub(super) fn repair(bytes: &[u8]) -> Vec<u8> {
    let mut repair = Repair {
        out: Vec::with_capacity(bytes.len() + 64),
        room: bytes.len().saturating_mul(MAX_GROWTH).saturating_add(MIN_ROOM),
        in_text: false,
        depth: 0,
        is_whole: false,
    };
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    for chunk in bytes.utf8_chunks() {
        if !repair.take(chunk.valid()) {
            break;
        }
        if !chunk.invalid().is_empty() {
            repair.write("\u{fffd}");
        }
    }
    repair.out
}

struct Repair {
    out: Vec<u8>,
    /// The maximum length of `out`.
    room: usize,
    in_text: bool,
    /// The number of open lists and objects.
    depth: usize,
    /// Whether the top-level value is complete.
    is_whole: bool,
}

impl Repair {
    /// Processes the next part of the text. Returns `false` when nothing more is wanted.
    fn take(&mut self, text: &str) -> bool {
        let bytes = text.as_bytes();
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            let rest = &text[at..];
            at += if self.in_text { self.within_text(rest, byte) } else { self.between_texts(rest, byte) };
            if byte == 0 && self.is_whole {
                return false;
            }
        }
        true
    }

    /// Processes the beginning of `rest`, which is inside a text, and returns the number of bytes it has read.
    fn within_text(&mut self, rest: &str, byte: u8) -> usize {
        match byte {
            b'"' => {
                self.in_text = false;
                self.is_whole = self.depth == 0;
                self.out.push(b'"');
                1
            }
            b'\\' => {
                let (written, read) = escape::escape(rest);
                self.write(&written);
                read
            }
            0..=0x1f => {
                self.write(&escape::control(byte));
                1
            }
            _ => {
                let end = rest.bytes().position(|byte| byte < b' ' || matches!(byte, b'"' | b'\\'));
                let end = end.unwrap_or(rest.len());
                self.out.extend_from_slice(&rest.as_bytes()[..end]);
                end
            }
        }
    }

    /// Does the same outside of texts.
    fn between_texts(&mut self, rest: &str, byte: u8) -> usize {
        match byte {
            b'"' => self.in_text = true,
            b'[' | b'{' => self.depth += 1,
            b']' | b'}' => {
                self.drop_comma();
                self.depth = self.depth.saturating_sub(1);
                self.is_whole = self.depth == 0;
            }
            b' ' | b'\n' | b'\r' | b'\t' | b',' | b':' => {}
            0..=0x1f => return 1,
            _ => {
                let token = Token::at(rest);
                self.write(&token.repaired());
                self.is_whole = self.depth == 0;
                return token.length();
            }
        }
        self.out.push(byte);
        1
    }

    /// Removes a comma before the end of a list or object.
    fn drop_comma(&mut self) {
        let end = self.out.iter().rposition(|byte| !byte.is_ascii_whitespace());
        if let Some(end) = end.filter(|&end| self.out[end] == b',') {
            self.out.truncate(end);
        }
    }

    /// Writes a replacement, which may be longer than the original.
    fn write(&mut self, text: &str) {
        let text = if self.out.len() + text.len() > self.room && text.len() > 1 && self.in_text { "?" } else { text };
        self.out.extend_from_slice(text.as_bytes());
    }
}

#[cfg(test)]
mod tests;
