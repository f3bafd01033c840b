//! Reads documents that people write: JSON objects, key by key. A mistake is refused with its path and the way to fix
//! it, and without the value, which may be a secret.

use serde_json::{Map, Value, json};

use super::secret::{SEALED, Secret};
use model::outcome::{Reason, Refusal};

/// Maximum length of a secret, a URL or a template, in bytes.
const MAX_SECRET: usize = 2_048;
/// The pattern of a text: anything but control characters.
const TEXT: &str = r"^[^\x00-\x1f\x7f-\x9f]+$";

/// An object in a document. A key whose value is `null` counts as absent.
pub(super) struct Object<'a> {
    map: &'a Map<String, Value>,
    path: Vec<String>,
    reason: Reason,
}

/// The schema of a text that [`Object::text`] reads. `null` counts as absent.
pub(super) fn text_schema(limit: usize) -> Value {
    json!({ "type": ["string", "null"], "minLength": 1, "maxLength": limit, "pattern": TEXT })
}

/// The schema of a secret that [`Object::needed_secret`] reads.
pub(super) fn secret_schema() -> Value {
    json!({ "type": "string", "pattern": "^[!-~]+$", "maxLength": MAX_SECRET })
}

/// The schema of a header's value that [`Object::header`] reads.
pub(super) fn header_schema() -> Value {
    json!({ "type": ["string", "null"], "pattern": "^[!-~]+( [!-~]+)*$", "maxLength": MAX_SECRET })
}

/// The schema of a URL that [`Object::url`] reads (if `optional`) or [`Object::needed_url`].
pub(super) fn url_schema(optional: bool) -> Value {
    let form = if optional { json!(["string", "null"]) } else { json!("string") };
    json!({ "type": form, "minLength": 1, "maxLength": MAX_SECRET, "description": "an https URL" })
}

/// Names the type of a value.
fn form(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

impl<'a> Object<'a> {
    /// Wraps the object `value`, which is at `path`. Mistakes in it are refused with `reason`.
    pub(super) fn of(value: &'a Value, path: Vec<String>, reason: Reason) -> Result<Self, Refusal> {
        match value {
            Value::Object(map) => Ok(Self { map, path, reason }),
            other => {
                let message = format!("this is {}: send an object", form(other));
                Err(Refusal { path, ..Refusal::new(reason, message) })
            }
        }
    }

    /// The path of the value at `key`.
    pub(super) fn path(&self, key: &str) -> Vec<String> {
        let mut path = self.path.clone();
        path.push(key.to_owned());
        path
    }

    /// Creates a refusal of the value at `key`.
    pub(super) fn refusal(&self, key: &str, message: impl Into<String>) -> Refusal {
        Refusal { path: self.path(key), ..Refusal::new(self.reason, message) }
    }

    fn wrong(&self, key: &str, value: &Value, wanted: &str) -> Refusal {
        self.refusal(key, format!("`{key}` is {}: send {wanted}", form(value)))
    }

    /// Refuses all other keys, so that a misspelt key cannot silence a rule.
    pub(super) fn only(&self, keys: &[&str]) -> Result<(), Refusal> {
        match self.map.keys().find(|key| !keys.contains(&key.as_str())) {
            None => Ok(()),
            Some(unknown) => {
                let shown: String = unknown.chars().take(80).collect();
                Err(self.refusal(&shown, format!("`{shown}` is not a known key: use {}", keys.join(", "))))
            }
        }
    }

    /// The value at `key`; `None` if it is `null` or missing.
    pub(super) fn value(&self, key: &str) -> Option<&'a Value> {
        self.map.get(key).filter(|value| !value.is_null())
    }

    /// Reads the text at `key`: 1 to `limit` bytes without control characters.
    pub(super) fn text(&self, key: &str, limit: usize) -> Result<Option<&'a str>, Refusal> {
        let Some(value) = self.value(key) else { return Ok(None) };
        let Value::String(text) = value else { return Err(self.wrong(key, value, "a string")) };
        if text.is_empty() {
            return Err(self.refusal(key, format!("`{key}` is empty: send a string, or leave it out")));
        }
        if text.len() > limit {
            return Err(self.refusal(key, format!("`{key}` has {} bytes: send at most {limit}", text.len())));
        }
        if text.chars().any(char::is_control) {
            return Err(self.refusal(key, format!("`{key}` has a control character, such as a line end: leave it out")));
        }
        Ok(Some(text))
    }

    /// Reads the text at `key`, which is required. If it is missing, the refusal asks for `what`.
    pub(super) fn needed(&self, key: &str, limit: usize, what: &str) -> Result<&'a str, Refusal> {
        self.text(key, limit)?.ok_or_else(|| self.refusal(key, format!("`{key}` is missing: send {what}")))
    }

    /// Reads the token or key at `key`. It must be ASCII without spaces, because it is sent in a header.
    pub(super) fn secret(&self, key: &str) -> Result<Option<Secret>, Refusal> {
        let Some(text) = self.text(key, MAX_SECRET)? else { return Ok(None) };
        self.not_sealed(key, text)?;
        match text.bytes().all(|byte| byte.is_ascii_graphic()) {
            true => Ok(Some(Secret::new(text))),
            false => {
                Err(self.refusal(key, format!("`{key}` has a space or is not ASCII: send it as it was given to you")))
            }
        }
    }

    /// Reads the secret value of a header at `key`: ASCII, with single spaces between words.
    pub(super) fn header(&self, key: &str) -> Result<Option<Secret>, Refusal> {
        let Some(text) = self.text(key, MAX_SECRET)? else { return Ok(None) };
        self.not_sealed(key, text)?;
        let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_graphic());
        match text.split(' ').all(is_word) {
            true => Ok(Some(Secret::new(text))),
            false => Err(self.refusal(
                key,
                format!("`{key}` is not the value of a header: send ASCII with single spaces, such as `Bearer TOKEN`"),
            )),
        }
    }

    /// Reads a secret that is required.
    pub(super) fn needed_secret(&self, key: &str, what: &str) -> Result<Secret, Refusal> {
        self.secret(key)?.ok_or_else(|| self.refusal(key, format!("`{key}` is missing: send {what}")))
    }

    /// Reads the URL at `key`.
    pub(super) fn url(&self, key: &str) -> Result<Option<&'a str>, Refusal> {
        let Some(text) = self.text(key, MAX_SECRET)? else { return Ok(None) };
        self.not_sealed(key, text)?;
        check_url(text).map_err(|what| self.refusal(key, format!("`{key}` {what}")))?;
        Ok(Some(text))
    }

    /// Reads a URL that is required and secret, because it grants access to anyone who has it.
    pub(super) fn needed_url(&self, key: &str, what: &str) -> Result<Secret, Refusal> {
        let url = self.url(key)?.map(Secret::new);
        url.ok_or_else(|| self.refusal(key, format!("`{key}` is missing: send {what}")))
    }

    /// Refuses the placeholder of a secret, if no stored secret belongs in its place.
    fn not_sealed(&self, key: &str, text: &str) -> Result<(), Refusal> {
        match text == SEALED {
            false => Ok(()),
            true => Err(self.refusal(
                key,
                format!("`{SEALED}` stands for a stored secret, but it is not clear which one: send the secret itself"),
            )),
        }
    }

    /// Reads the whole number at `key`, which must be in `range`.
    pub(super) fn number(&self, key: &str, range: std::ops::RangeInclusive<u64>) -> Result<Option<u64>, Refusal> {
        let Some(value) = self.value(key) else { return Ok(None) };
        let wanted = format!("a whole number from {} to {}", range.start(), range.end());
        let Value::Number(number) = value else { return Err(self.wrong(key, value, &wanted)) };
        let number = number.as_u64().filter(|number| range.contains(number));
        number.map(Some).ok_or_else(|| self.refusal(key, format!("`{key}` is out of range: send {wanted}")))
    }

    /// Reads the list at `key`, with at most `most` entries. A missing list is empty.
    pub(super) fn list(&self, key: &str, most: usize) -> Result<&'a [Value], Refusal> {
        match self.value(key) {
            None => Ok(&[]),
            Some(Value::Array(list)) if list.len() <= most => Ok(list),
            Some(Value::Array(list)) => {
                Err(self.refusal(key, format!("`{key}` has {} entries: send at most {most}", list.len())))
            }
            Some(other) => Err(self.wrong(key, other, "a list")),
        }
    }

    /// Reads the list of texts at `key`. Each text has 1 to `limit` bytes.
    pub(super) fn texts(&self, key: &str, most: usize, limit: usize) -> Result<Vec<&'a str>, Refusal> {
        let text = |(index, value): (usize, &'a Value)| match value {
            Value::String(text) if (1..=limit).contains(&text.len()) && !text.chars().any(char::is_control) => {
                Ok(text.as_str())
            }
            other => {
                let mut refusal = self.wrong(key, other, "a list of strings");
                refusal.message = format!(
                    "an entry of `{key}` is {}: send a string of 1 to {limit} bytes without control characters",
                    form(other)
                );
                refusal.path.push(index.to_string());
                Err(refusal)
            }
        };
        self.list(key, most)?.iter().enumerate().map(text).collect()
    }

    /// Reads the list of words at `key` with `parse`. `wanted` lists all words that are allowed.
    pub(super) fn words<T>(
        &self,
        key: &str,
        most: usize,
        wanted: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Vec<T>, Refusal> {
        let word = |(index, word): (usize, &str)| {
            parse(word).ok_or_else(|| {
                let mut refusal = self.refusal(key, format!("an entry of `{key}` is not one of {wanted}"));
                refusal.path.push(index.to_string());
                refusal
            })
        };
        self.texts(key, most, MAX_WORD)?.into_iter().enumerate().map(word).collect()
    }

    /// Reads the object at `key`.
    pub(super) fn object(&self, key: &str) -> Result<Option<Object<'a>>, Refusal> {
        self.value(key).map(|value| Object::of(value, self.path(key), self.reason)).transpose()
    }
}

/// Maximum length of a word, in bytes: longer than all known words.
const MAX_WORD: usize = 100;

/// Whether a text can be a URL to send or link to. Whether faultline may connect to its host is checked by the guard,
/// each time it sends.
pub(super) fn check_url(url: &str) -> Result<(), &'static str> {
    let lower = url.get(..8).unwrap_or(url).to_ascii_lowercase();
    let rest = match lower.strip_prefix("https://") {
        Some(_) => url.get(8..),
        None if lower.starts_with("http://") => url.get(7..).filter(|rest| is_loopback(host(rest))),
        None => None,
    };
    let rest = rest
        .ok_or("is not an `https://` URL: send one (`http://` is allowed for loopback addresses only, for testing)")?;
    if url.contains(char::is_whitespace) {
        return Err("contains a space: write spaces as `%20`");
    }
    let authority = authority(rest);
    if authority.contains('@') {
        return Err("contains a user name: send a URL without one");
    }
    if authority.is_empty() {
        return Err("has no host: send a complete URL");
    }
    Ok(())
}

fn authority(rest: &str) -> &str {
    rest.split(['/', '?', '#', '\\']).next().unwrap_or_default()
}

/// The host in the part of a URL after `//`, without its port.
fn host(rest: &str) -> &str {
    let authority = authority(rest);
    authority
        .rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()))
        .map_or(authority, |(host, _)| host)
}

fn is_loopback(host: &str) -> bool {
    ["127.0.0.1", "localhost", "[::1]"].contains(&host)
}
