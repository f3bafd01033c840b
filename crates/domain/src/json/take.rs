//! Taking typed fields out of an object of unknown quality.

use serde_json::{Map, Value};

use crate::occurrence::Problem;

/// An object whose fields are taken one by one. `null` is absent. A field of the wrong type becomes absent and is
/// written down as a problem; what nobody takes is what is left.
pub struct Fields<'a> {
    map: Map<String, Value>,
    path: &'a str,
    problems: &'a mut Vec<Problem>,
}

impl<'a> Fields<'a> {
    /// Around `map`, which is found at `path` in the event (empty at the top).
    pub fn new(map: Map<String, Value>, path: &'a str, problems: &'a mut Vec<Problem>) -> Self {
        Self { map, path, problems }
    }

    /// The value at `key`, whatever it is; `None` if it is `null` or missing.
    pub fn value(&mut self, key: &str) -> Option<Value> {
        self.map.remove(key).filter(|value| !value.is_null())
    }

    /// A text; numbers and booleans are written out.
    pub fn text(&mut self, key: &str) -> Option<String> {
        let value = self.value(key)?;
        text_of(value).map_err(|value| self.problem(key, value, "expected a text")).ok()
    }

    /// A whole number from 0; digits in a text are read.
    pub fn number(&mut self, key: &str) -> Option<u64> {
        match self.value(key)? {
            Value::Number(number) if number.as_u64().is_some() => number.as_u64(),
            Value::String(text) if text.parse::<u64>().is_ok() => text.parse().ok(),
            value => {
                self.problem(key, value, "expected a whole number");
                None
            }
        }
    }

    /// `true` or `false`.
    pub fn boolean(&mut self, key: &str) -> Option<bool> {
        match self.value(key)? {
            Value::Bool(boolean) => Some(boolean),
            value => {
                self.problem(key, value, "expected true or false");
                None
            }
        }
    }

    /// An object. An empty list counts as an empty object: PHP writes its empty maps so.
    pub fn object(&mut self, key: &str) -> Option<Map<String, Value>> {
        match self.value(key)? {
            Value::Object(map) => Some(map),
            Value::Array(list) if list.is_empty() => Some(Map::new()),
            value => {
                self.problem(key, value, "expected an object");
                None
            }
        }
    }

    /// A list.
    pub fn list(&mut self, key: &str) -> Option<Vec<Value>> {
        match self.value(key)? {
            Value::Array(list) => Some(list),
            value => {
                self.problem(key, value, "expected a list");
                None
            }
        }
    }

    /// Writes down that the `value` at `key` could not be used.
    pub fn problem(&mut self, key: &str, value: Value, reason: &str) {
        let name = if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) };
        self.problems.push(Problem::invalid(name, value, reason));
    }

    /// What nobody took, without `null`s.
    pub fn rest(self) -> Map<String, Value> {
        self.map.into_iter().filter(|(_, value)| !value.is_null()).collect()
    }
}

/// The text of a scalar (numbers and booleans written out); the value itself if it is none.
pub fn text_of(value: Value) -> Result<String, Value> {
    match value {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(boolean) => Ok(boolean.to_string()),
        other => Err(other),
    }
}
