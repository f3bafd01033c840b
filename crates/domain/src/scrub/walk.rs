//! Goes through values.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::keys::Verdict;
use super::rules::Compiled;
use super::text::{self, Style};
use super::{FILTERED, url};
use crate::json::Path;

/// The most places that are written down. All are scrubbed.
const MAX_FOUND: usize = 100;
/// Keys whose contents are machine-made and large, and hold no secrets: the libraries of the process, and what clients
/// say about cut values.
const SKIPPED: [&str; 2] = ["debug_meta", "_meta"];

pub(super) struct Walk<'a> {
    rules: &'a Compiled,
    found: Vec<String>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(rules: &'a Compiled, found: Vec<String>) -> Self {
        Self { rules, found }
    }

    /// The places of what was replaced.
    pub(super) fn found(self) -> Vec<String> {
        self.found
    }

    fn note(&mut self, path: Path<'_>) {
        if self.found.len() < MAX_FOUND {
            let path = path.to_string();
            if !self.found.contains(&path) {
                self.found.push(path);
            }
        }
    }

    /// A text that people write or read.
    pub(super) fn text(&mut self, text: &mut String, path: Path<'_>) {
        if let Some(clean) = text::scrub(text, Style::Text, self.rules) {
            *text = clean;
            self.note(path);
        }
    }

    /// A line of source.
    pub(super) fn code(&mut self, line: &mut String, path: Path<'_>) {
        if let Some(clean) = text::scrub(line, Style::Code, self.rules) {
            *line = clean;
            self.note(path);
        }
    }

    /// The tags.
    pub(super) fn tags(&mut self, tags: &mut BTreeMap<String, String>, path: Path<'_>) {
        for (name, tag) in tags {
            match self.rules.verdict(name) {
                Verdict::Exempt => {}
                Verdict::Secret | Verdict::SecretText => {
                    if !tag.is_empty() && tag != FILTERED && !is_flag(tag) {
                        *tag = FILTERED.to_owned();
                        self.note(path.key(name));
                    }
                }
                Verdict::Open | Verdict::Link => self.text(tag, path.key(name)),
            }
        }
    }

    /// The request. Every cookie is a secret, whatever it is called.
    pub(super) fn request(&mut self, request: &mut Map<String, Value>, path: Path<'_>) {
        for (key, value) in request.iter_mut() {
            if key == "cookies" {
                self.all(value, path.key(key));
            } else {
                self.entry(key, value, path.key(key));
            }
        }
    }

    pub(super) fn map(&mut self, map: &mut Map<String, Value>, path: Path<'_>) {
        for (key, value) in map.iter_mut() {
            if !SKIPPED.contains(&key.as_str()) {
                self.entry(key, value, path.key(key));
            }
        }
        // Names are data too, where an application makes them of what it was given.
        let secret = |key: &String| key.len() >= 13 && text::scrub(key, Style::Text, self.rules).is_some();
        let secrets: Vec<String> = map.keys().filter(|key| secret(key)).cloned().collect();
        for key in secrets {
            if let Some(value) = map.remove(&key) {
                let clean = text::scrub(&key, Style::Text, self.rules).unwrap_or_default();
                self.note(path.key(&clean));
                map.insert(clean, value);
            }
        }
    }

    /// The `value` at `key`.
    pub(super) fn entry(&mut self, key: &str, value: &mut Value, path: Path<'_>) {
        // What has no letters to hide a secret in.
        if matches!(value, Value::Null | Value::Bool(_)) {
            return;
        }
        match self.rules.verdict(key) {
            Verdict::Exempt => {
                if let Value::Object(_) | Value::Array(_) = value {
                    self.value(value, path);
                }
            }
            Verdict::Secret => self.all(value, path),
            Verdict::SecretText => match value {
                // A count that was written as a text.
                Value::String(text) if text.len() <= 5 && text.bytes().all(|byte| byte.is_ascii_digit()) => {}
                Value::String(_) => self.all(value, path),
                Value::Array(list) => {
                    for (index, entry) in list.iter_mut().enumerate() {
                        self.entry(key, entry, path.index(index));
                    }
                }
                Value::Null | Value::Bool(_) | Value::Number(_) => {}
                Value::Object(map) => self.map(map, path),
            },
            Verdict::Link => {
                self.value(value, path);
                if let Value::String(link) = value {
                    self.link(link, path);
                }
            }
            Verdict::Open => self.value(value, path),
        }
    }

    /// A value of which no key says anything.
    pub(super) fn value(&mut self, value: &mut Value, path: Path<'_>) {
        match value {
            Value::Null | Value::Bool(_) => {}
            Value::Number(number) => {
                if number.as_u64().is_some_and(text::is_card_number) {
                    *value = FILTERED.into();
                    self.note(path);
                }
            }
            Value::String(text) => self.text(text, path),
            Value::Array(list) => self.list(list, path),
            Value::Object(map) => self.map(map, path),
        }
    }

    /// A list. A list of two whose first is a text may be a pair of name and value, as headers come.
    fn list(&mut self, list: &mut [Value], path: Path<'_>) {
        if let [Value::String(key), value] = list {
            let key = key.clone();
            self.entry(&key, value, path.index(1));
        } else {
            for (index, entry) in list.iter_mut().enumerate() {
                self.value(entry, path.index(index));
            }
            return;
        }
        if let Some(first) = list.first_mut() {
            self.value(first, path.index(0));
        }
    }

    /// Replaces every leaf of a value that is a secret as a whole. Its form stays: it helps to see that there was one.
    fn all(&mut self, value: &mut Value, path: Path<'_>) {
        match value {
            Value::Null | Value::Bool(_) => {}
            Value::String(text) if text.is_empty() || text == FILTERED || is_flag(text) => {}
            Value::String(_) | Value::Number(_) => {
                *value = FILTERED.into();
                self.note(path);
            }
            Value::Array(list) => {
                for (index, entry) in list.iter_mut().enumerate() {
                    self.all(entry, path.index(index));
                }
            }
            Value::Object(map) => {
                for (key, entry) in map.iter_mut() {
                    self.all(entry, path.key(key));
                }
            }
        }
    }

    fn link(&mut self, link: &mut String, path: Path<'_>) {
        let tokens = url::tokens(link);
        for token in tokens.iter().rev() {
            link.replace_range(token.clone(), FILTERED);
        }
        if !tokens.is_empty() {
            self.note(path);
        }
    }
}

/// Words that say there is no secret.
fn is_flag(text: &str) -> bool {
    matches!(text, "None" | "null" | "nil" | "undefined" | "True" | "False" | "true" | "false" | "''" | "\"\"")
}
