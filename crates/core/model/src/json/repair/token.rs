//! Words and numbers outside texts.

use std::borrow::Cow;

/// A run of characters outside of texts that are not JSON punctuation, and the text after it.
pub(super) struct Token<'a> {
    word: &'a str,
    after: &'a str,
}

impl<'a> Token<'a> {
    /// The token at the start of `rest`, which must not be empty.
    pub(super) fn at(rest: &'a str) -> Self {
        let ends = |byte: u8| byte <= b' ' || matches!(byte, b'"' | b',' | b':' | b'[' | b']' | b'{' | b'}');
        let end = rest.bytes().position(ends).unwrap_or(rest.len()).max(1);
        // The first character is not punctuation, but may have several bytes.
        let end = (end..=rest.len()).find(|&end| rest.is_char_boundary(end)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        Self { word, after }
    }

    /// The length in bytes.
    pub(super) fn length(&self) -> usize {
        self.word.len()
    }

    /// The JSON for this token, or the token itself if it is not recognised.
    pub(super) fn repaired(&self) -> Cow<'a, str> {
        let is_name = self.after.trim_ascii_start().starts_with(':');
        match word(self.word).or_else(|| number(self.word)) {
            Some(repaired) if !is_name => repaired,
            _ if is_name && self.word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_$-.".contains(&byte)) => {
                format!("\"{}\"", self.word).into()
            }
            _ => self.word.into(),
        }
    }
}

/// Maximum length of a word that is recognised, in bytes.
const MAX_WORD: usize = 24;

/// Recognises JSON's words in other forms, and words for numbers that JSON does not have.
fn word(word: &str) -> Option<Cow<'_, str>> {
    if word.len() > MAX_WORD {
        return None;
    }
    let lower = word.to_ascii_lowercase();
    let unsigned = lower.trim_start_matches(['-', '+']);
    Some(match unsigned {
        "true" => "true".into(),
        "false" => "false".into(),
        "null" | "none" | "nil" | "undefined" | "inf" | "infinity" | "nan" | "nanq" | "qnan" | "snan" | "<na>" => {
            "null".into()
        }
        // As C libraries print them: `nan(ind)`, `-nan(0x8000000000000)`, `1.#INF`, `-1.#IND00`.
        _ if unsigned.starts_with("nan(") && unsigned.ends_with(')') => "null".into(),
        _ if unsigned.starts_with("1.#") => "null".into(),
        _ => return None,
    })
}

/// Recognises numbers in forms that JSON does not have.
fn number(word: &str) -> Option<Cow<'_, str>> {
    let (sign, rest) = match word.as_bytes().first()? {
        b'-' => ("-", &word[1..]),
        b'+' => ("", &word[1..]),
        _ => ("", word),
    };
    if let Some(digits) = rest.strip_prefix("0x").or_else(|| rest.strip_prefix("0X")) {
        return Some(format!("{sign}{}", u64::from_str_radix(digits, 16).ok()?).into());
    }
    if !rest.bytes().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte)) {
        return None;
    }
    // Rust also reads `.5`, `5.` and `007`.
    let value: f64 = rest.parse().ok()?;
    if !value.is_finite() {
        return Some(format!("\"{word}\"").into());
    }
    if serde_json::from_str::<serde_json::Number>(word).is_ok() {
        return Some(word.into());
    }
    let digits = rest.trim_start_matches('0');
    let digits =
        if digits.starts_with(|first: char| first.is_ascii_digit()) { digits.into() } else { format!("0{digits}") };
    let written = match digits.split_once('.') {
        Some((whole, part)) if !part.starts_with(|first: char| first.is_ascii_digit()) => {
            format!("{sign}{whole}.0{part}")
        }
        _ => format!("{sign}{digits}"),
    };
    Some(written.into())
}
