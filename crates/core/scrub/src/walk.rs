//! Walks through values and scrubs them.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::keys::Verdict;
use super::rules::Compiled;
use super::text::{self, Style};
use super::{FILTERED, url};
use model::json::Path;

/// The most paths that are listed. All secrets are scrubbed.
const MAX_FOUND: usize = 100;
/// Keys with generated contents: the libraries of the process, and the notes of SDKs about values that they cut. The
/// names in these are names of the cut values, so secrets are recognised only by their form.
const BY_FORM: [&str; 2] = ["debug_meta", "_meta"];
/// Headers whose values are secrets in a flat list of names and values, such as Node's `rawHeaders`.
const SECRET_HEADERS: [&str; 6] =
    ["authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "x-auth-token"];

pub(super) struct Walk<'a> {
    rules: &'a Compiled,
    found: Vec<String>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(rules: &'a Compiled, found: Vec<String>) -> Self {
        Self { rules, found }
    }

    /// Returns the paths of the values that were replaced.
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

    /// Scrubs a text that people write or read.
    pub(super) fn text(&mut self, text: &mut String, path: Path<'_>) {
        if let Some(clean) = text::scrub(text, Style::Text, self.rules) {
            *text = clean;
            self.note(path);
        }
    }

    /// Scrubs a line of source code.
    pub(super) fn code(&mut self, line: &mut String, path: Path<'_>) {
        if let Some(clean) = text::scrub(line, Style::Code, self.rules) {
            *line = clean;
            self.note(path);
        }
    }

    pub(super) fn tags(&mut self, tags: &mut BTreeMap<String, String>, path: Path<'_>) {
        for name in self.secret_names(tags.keys()) {
            if let Some(tag) = tags.remove(&name) {
                let clean = self.clean_name(&name, path, |clean| tags.contains_key(clean));
                tags.insert(clean, tag);
            }
        }
        for (name, tag) in tags.iter_mut() {
            let verdict = self.rules.verdict(name);
            match verdict {
                Verdict::Exempt => {}
                Verdict::Secret | Verdict::SecretText | Verdict::Pin => {
                    if !text::is_harmless(tag, verdict) && !text::is_directory(name, tag) && !text::is_count(name, tag)
                    {
                        *tag = FILTERED.to_owned();
                        self.note(path.key(name));
                    }
                }
                Verdict::Open | Verdict::Link => self.text(tag, path.key(name)),
            }
        }
    }

    /// Returns the names that are secrets themselves, if an application used input as names.
    fn secret_names<'n>(&self, names: impl Iterator<Item = &'n String>) -> Vec<String> {
        // Short names without a sign cannot contain a secret with a known form.
        let may_be = |name: &str| name.len() >= 13 || name.contains(['=', ':', '@', ' ']);
        let is_secret = |name: &&String| may_be(name) && text::scrub(name, Style::Text, self.rules).is_some();
        names.filter(is_secret).cloned().collect()
    }

    /// Returns the replacement of a secret name, different from all names that are `taken`.
    fn clean_name(&mut self, name: &str, path: Path<'_>, taken: impl Fn(&str) -> bool) -> String {
        let mut clean = text::scrub(name, Style::Text, self.rules).unwrap_or_default();
        while taken(&clean) {
            clean.push('_');
        }
        self.note(path.key(&clean));
        clean
    }

    /// Scrubs the request. Every cookie is a secret, whatever its name.
    pub(super) fn request(&mut self, request: &mut Map<String, Value>, path: Path<'_>) {
        self.names(request, path);
        for (key, value) in request.iter_mut() {
            if key == "cookies" {
                self.all(value, path.key(key));
            } else {
                self.entry(key, value, path.key(key));
            }
        }
    }

    /// Scrubs an object. The names come first, so that the paths of values never contain a secret.
    pub(super) fn map(&mut self, map: &mut Map<String, Value>, path: Path<'_>) {
        self.names(map, path);
        // `{"name": "password", "value": "…"}`
        let name = map
            .iter()
            .filter(|(key, _)| text::is_naming(key))
            .filter_map(|(_, value)| value.as_str().filter(|name| name.len() <= 80))
            .find(|name| !matches!(self.rules.verdict(name), Verdict::Open | Verdict::Link))
            .map(str::to_owned);
        for (key, value) in map.iter_mut() {
            match &name {
                Some(name) if key.eq_ignore_ascii_case("value") => self.named_value(name, value, path.key(key)),
                Some(name) if !value.is_object() && text::is_named(key) => self.entry(name, value, path.key(key)),
                Some(_) | None if BY_FORM.contains(&key.as_str()) => self.forms(value, path.key(key)),
                Some(_) | None => self.entry(key, value, path.key(key)),
            }
        }
    }

    /// Scrubs the value that another key of the same object names; OpenTelemetry writes it as `{"stringValue": "…"}`.
    fn named_value(&mut self, name: &str, value: &mut Value, path: Path<'_>) {
        match value {
            Value::Object(map) if self.rules.verdict(name) != Verdict::Secret => {
                self.names(map, path);
                for (key, entry) in map.iter_mut() {
                    let key_of_rule = if key.ends_with("Value") { name } else { key };
                    self.entry(key_of_rule, entry, path.key(key));
                }
            }
            value => self.entry(name, value, path),
        }
    }

    /// Scrubs the `value` at `key`.
    pub(super) fn entry(&mut self, key: &str, value: &mut Value, path: Path<'_>) {
        // These values cannot contain a secret.
        if matches!(value, Value::Null | Value::Bool(_)) {
            return;
        }
        if value.as_str().is_some_and(|value| text::is_directory(key, value) || text::is_count(key, value)) {
            return;
        }
        match self.rules.verdict(key) {
            Verdict::Exempt => {
                if let Value::Object(_) | Value::Array(_) = value {
                    self.value(value, path);
                }
            }
            Verdict::Secret => self.all(value, path),
            verdict @ (Verdict::SecretText | Verdict::Pin) => match value {
                Value::String(text) if text::is_harmless(text, verdict) => {}
                Value::Number(number)
                    if verdict == Verdict::Pin && number.as_u64().is_some_and(|number| number >= 1_000) =>
                {
                    self.all(value, path);
                }
                Value::String(_) => self.all(value, path),
                Value::Array(_) | Value::Object(_) if text::is_cookies(key) => self.all(value, path),
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

    /// Scrubs a value that has no key of its own.
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

    /// Scrubs a longer list: values, arguments of a command line (`--token`, `x`), or names and values in turn.
    fn arguments(&mut self, list: &mut [Value], path: Path<'_>) {
        let has_options = list.iter().any(|entry| entry.as_str().is_some_and(|text| text.starts_with('-')));
        let program = list.first().and_then(Value::as_str).filter(|_| has_options).unwrap_or_default().to_owned();
        let mut before = String::new();
        for (index, entry) in list.iter_mut().enumerate() {
            let path = path.index(index);
            let Value::String(argument) = entry else {
                before.clear();
                self.value(entry, path);
                continue;
            };
            let names_secret = |text: &str| SECRET_HEADERS.iter().any(|header| text.eq_ignore_ascii_case(header));
            let says = argument.len() <= 80 && (argument.starts_with('-') || names_secret(argument));
            let given = std::mem::replace(&mut before, if says { argument.clone() } else { String::new() });
            let is_header = index % 2 == 1 && names_secret(&given);
            // The option says what the argument is, or else the program together with a short option that includes its
            // argument.
            let line = match given.starts_with('-') || is_header {
                true => format!("{program} {given} "),
                false if argument.starts_with('-') => format!("{program} "),
                false => String::new(),
            };
            if is_header && !argument.is_empty() {
                self.all(entry, path);
            } else if let Some(clean) = text::scrub_argument(&line, argument, self.rules) {
                *argument = clean;
                self.note(path);
            } else {
                self.text(argument, path);
            }
        }
    }

    /// Scrubs everything in `value` by its form only, whatever the names are.
    pub(super) fn forms(&mut self, value: &mut Value, path: Path<'_>) {
        match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
            Value::String(text) => self.text(text, path),
            Value::Array(list) => {
                for (index, entry) in list.iter_mut().enumerate() {
                    self.forms(entry, path.index(index));
                }
            }
            Value::Object(map) => self.forms_of(map, path),
        }
    }

    /// Like [`forms`](Self::forms) for an object, including its names.
    pub(super) fn forms_of(&mut self, map: &mut Map<String, Value>, path: Path<'_>) {
        self.names(map, path);
        for (key, entry) in map.iter_mut() {
            self.forms(entry, path.key(key));
        }
    }

    fn names(&mut self, map: &mut Map<String, Value>, path: Path<'_>) {
        for key in self.secret_names(map.keys()) {
            if let Some(value) = map.remove(&key) {
                let clean = self.clean_name(&key, path, |clean| map.contains_key(clean));
                map.insert(clean, value);
            }
        }
    }

    /// Scrubs a list. A list of two whose first entry is a string may be a pair of name and value, as headers are sent.
    fn list(&mut self, list: &mut [Value], path: Path<'_>) {
        if let [Value::String(key), value] = list
            && !value.as_str().is_some_and(|value| value.starts_with('-'))
        {
            let key = key.clone();
            self.entry(&key, value, path.index(1));
        } else {
            self.arguments(list, path);
            return;
        }
        if let Some(first) = list.first_mut() {
            self.value(first, path.index(0));
        }
    }

    /// Replaces every leaf of a value that is a secret as a whole. Its structure stays, to show that there was a value.
    pub(super) fn all(&mut self, value: &mut Value, path: Path<'_>) {
        match value {
            Value::Null | Value::Bool(_) => {}
            Value::String(text) if text::is_harmless(text, Verdict::Secret) => {}
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
                self.names(map, path);
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
