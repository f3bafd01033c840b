//! Building an event of the Sentry protocol.

use model::json::is_empty;
use model::occurrence::{Occurrence, Source};
use serde_json::{Map, Value, json};

use crate::sentry::{self, Received};

/// An event of the Sentry protocol that is being built.
#[derive(Default)]
pub(crate) struct SentryEvent(Map<String, Value>);

impl SentryEvent {
    /// Begins with the keys that were not translated. They are kept under their own names, and replaced by translated
    /// ones.
    pub(crate) fn with_rest(rest: Map<String, Value>) -> Self {
        Self(rest)
    }

    /// Sets a value, unless it is `null` or empty.
    pub(crate) fn put(&mut self, key: &str, value: impl Into<Value>) {
        let value = value.into();
        if !is_empty(&value) {
            self.0.insert(key.to_owned(), value);
        }
    }

    /// Adds entries to the object at `key`. Entries that exist are not replaced.
    pub(crate) fn extend(&mut self, key: &str, entries: Map<String, Value>) {
        if entries.is_empty() {
            return;
        }
        if !self.0.get(key).is_some_and(Value::is_object) {
            self.0.insert(key.to_owned(), Map::new().into());
        }
        let Some(Value::Object(map)) = self.0.get_mut(key) else { return };
        for (name, value) in entries {
            if !value.is_null() {
                map.entry(name).or_insert(value);
            }
        }
    }

    /// Adds entries to a context. Entries that exist are not replaced.
    pub(crate) fn context(&mut self, name: &str, mut entries: Map<String, Value>) {
        entries.retain(|_, value| !is_empty(value));
        if entries.is_empty() {
            return;
        }
        let earlier = self.0.get_mut("contexts").and_then(|contexts| contexts.get_mut(name));
        if let Some(Value::Object(context)) = earlier {
            for (key, value) in entries {
                context.entry(key).or_insert(value);
            }
            return;
        }
        self.extend("contexts", Map::from_iter([(name.to_owned(), entries.into())]));
    }

    pub(crate) fn tag(&mut self, name: &str, value: impl Into<Value>) {
        let value = value.into();
        if !is_empty(&value) {
            self.extend("tags", Map::from_iter([(name.to_owned(), value)]));
        }
    }

    /// Normalises the event. The address of the sender becomes that of the user only where the translation asked for it
    /// with `{{auto}}`.
    pub(crate) fn finish(mut self, source: Source, received: &Received) -> Occurrence {
        self.extend("sdk", Map::from_iter([("settings".to_owned(), json!({ "infer_ip": "never" }))]));
        let mut occurrence = sentry::normalise(self.0, received);
        occurrence.sdk.remove("settings");
        occurrence.source = source;
        occurrence
    }
}

/// Takes values out of an object. A value of another type than expected stays.
pub(crate) trait Take {
    /// Takes a value that is not `null`.
    fn take_value(&mut self, key: &str) -> Option<Value>;
    /// Takes a text that is not empty. Numbers are written out.
    fn take_text(&mut self, key: &str) -> Option<String>;
    /// Takes an object; an empty one if there is none.
    fn take_object(&mut self, key: &str) -> Map<String, Value>;
    /// Takes a list; an empty one if there is none.
    fn take_list(&mut self, key: &str) -> Vec<Value>;
    /// Whether the value is `true`, in any of the forms that clients use. Takes it if so.
    fn take_flag(&mut self, key: &str) -> bool;
}

impl Take for Map<String, Value> {
    fn take_value(&mut self, key: &str) -> Option<Value> {
        self.remove(key).filter(|value| !value.is_null())
    }

    fn take_text(&mut self, key: &str) -> Option<String> {
        match self.get(key)? {
            Value::String(_) | Value::Number(_) | Value::Null => {}
            Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
        }
        match self.remove(key)? {
            Value::String(text) => Some(text).filter(|text| !text.trim().is_empty()),
            Value::Number(number) => Some(number.to_string()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }

    fn take_object(&mut self, key: &str) -> Map<String, Value> {
        match self.get_mut(key) {
            Some(Value::Object(map)) => {
                let map = std::mem::take(map);
                self.remove(key);
                map
            }
            Some(Value::Null) => {
                self.remove(key);
                Map::new()
            }
            Some(_) | None => Map::new(),
        }
    }

    fn take_list(&mut self, key: &str) -> Vec<Value> {
        match self.get_mut(key) {
            Some(Value::Array(list)) => {
                let list = std::mem::take(list);
                self.remove(key);
                list
            }
            Some(Value::Null) => {
                self.remove(key);
                Vec::new()
            }
            Some(_) | None => Vec::new(),
        }
    }

    fn take_flag(&mut self, key: &str) -> bool {
        let is_set = match self.get(key) {
            Some(Value::Bool(flag)) => *flag,
            Some(Value::String(text)) => text.eq_ignore_ascii_case("true"),
            Some(Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_)) | None => return false,
        };
        self.remove(key);
        is_set
    }
}
