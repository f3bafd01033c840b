//! Taking typed fields out of an object that may be malformed.

use std::fmt;

use serde_json::{Map, Value};

use super::Problem;

/// The path of a value in an event: keys and indexes from the top, such as `exception.values.0.type`. Each step points
/// to the one before, so that a path costs nothing until it is written out, which only happens for a problem.
#[derive(Clone, Copy, Debug)]
pub struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    step: PathStep<'a>,
}

#[derive(Clone, Copy, Debug)]
enum PathStep<'a> {
    Key(&'a str),
    Index(usize),
}

impl<'a> Path<'a> {
    /// The path of the value at `key` of the object at this path.
    pub fn key<'b>(&'b self, key: &'b str) -> Path<'b> {
        Path { parent: Some(self), step: PathStep::Key(key) }
    }

    /// The path of the entry at `index` of the list at this path.
    pub fn index(&self, index: usize) -> Path<'_> {
        Path { parent: Some(self), step: PathStep::Index(index) }
    }
}

impl<'a> From<&'a str> for Path<'a> {
    fn from(text: &'a str) -> Self {
        Self { parent: None, step: PathStep::Key(text) }
    }
}

impl<'a> From<&'a String> for Path<'a> {
    fn from(text: &'a String) -> Self {
        text.as_str().into()
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.parent {
            Some(Path { parent: None, step: PathStep::Key("") }) | None => {}
            Some(parent) => write!(f, "{parent}.")?,
        }
        match self.step {
            PathStep::Key(key) => f.write_str(key),
            PathStep::Index(index) => index.fmt(f),
        }
    }
}

/// An object whose fields are taken one by one. `null` counts as absent. A field of the wrong type counts as absent
/// too, and is recorded as a problem. Fields that nobody takes are left over.
pub struct Fields<'a> {
    map: Map<String, Value>,
    path: Path<'a>,
    problems: &'a mut Vec<Problem>,
}

impl<'a> Fields<'a> {
    /// Wraps `map`, which is at `path` in the event (an empty path at the top).
    pub fn new(map: Map<String, Value>, path: impl Into<Path<'a>>, problems: &'a mut Vec<Problem>) -> Self {
        Self { map, path: path.into(), problems }
    }

    pub fn path(&self) -> Path<'a> {
        self.path
    }

    /// The list in which problems are recorded, for values deeper in the object.
    pub fn problems(&mut self) -> &mut Vec<Problem> {
        self.problems
    }

    /// Moves the value at `from` to `to`, unless `to` has a value. For former names of keys.
    pub fn rename(&mut self, from: &str, to: &str) {
        if self.map.contains_key(from) && self.map.get(to).is_none_or(Value::is_null) {
            let value = self.map.remove(from).unwrap_or_default();
            self.map.insert(to.to_owned(), value);
        }
    }

    /// Puts back a value that was taken but has no field, so that [`Fields::rest`] keeps it.
    pub fn keep(&mut self, key: &str, value: Value) {
        self.map.insert(key.to_owned(), value);
    }

    /// Takes the value at `key`, whatever its type. `None` if it is `null` or missing.
    pub fn value(&mut self, key: &str) -> Option<Value> {
        self.map.remove(key).filter(|value| !value.is_null())
    }

    /// Takes a text. Numbers and booleans are written out.
    pub fn text(&mut self, key: &str) -> Option<String> {
        let value = self.value(key)?;
        text_of(value).map_err(|value| self.problem(key, value, "expected a string")).ok()
    }

    /// Takes a whole number from 0. Digits in a text are accepted.
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

    /// Takes `true` or `false`.
    pub fn boolean(&mut self, key: &str) -> Option<bool> {
        match self.value(key)? {
            Value::Bool(boolean) => Some(boolean),
            value => {
                self.problem(key, value, "expected true or false");
                None
            }
        }
    }

    /// Takes an object. An empty list counts as an empty object, because PHP writes empty maps that way.
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

    /// Takes a list, or an object whose keys are numbers (see [`list_of`]).
    pub fn list(&mut self, key: &str) -> Option<Vec<Value>> {
        match list_of(self.value(key)?) {
            Ok(list) => Some(list),
            Err(value) => {
                self.problem(key, value, "expected a list");
                None
            }
        }
    }

    /// Records that the `value` at `key` could not be used.
    pub fn problem(&mut self, key: &str, value: Value, reason: &str) {
        let path = self.path.key(key);
        Problem::note(self.problems, || Problem::invalid(path.to_string(), value, reason));
    }

    /// Returns the fields that nobody took, without `null`s.
    pub fn rest(self) -> Map<String, Value> {
        self.map.into_iter().filter(|(_, value)| !value.is_null()).collect()
    }
}

/// Returns the entries of a list, or of an object whose keys are all whole numbers, in the order of the keys: PHP
/// writes lists that way that have gaps or were sorted. Returns the value itself if it is neither.
pub fn list_of(value: Value) -> Result<Vec<Value>, Value> {
    match value {
        Value::Array(list) => Ok(list),
        Value::Object(map) if is_list(&map) => {
            let numbered = map.into_iter().map(|(key, value)| (key.parse::<i64>().unwrap_or_default(), value));
            let mut entries: Vec<_> = numbered.collect();
            entries.sort_by_key(|(number, _)| *number);
            Ok(entries.into_iter().map(|(_, value)| value).collect())
        }
        other => Err(other),
    }
}

/// Whether an object is a list as PHP writes it.
pub fn is_list(map: &Map<String, Value>) -> bool {
    !map.is_empty() && map.keys().all(|key| key.len() <= 18 && key.parse::<i64>().is_ok())
}

/// Returns the text of a scalar. Numbers and booleans are written out. Returns the value itself if it is not a scalar.
pub fn text_of(value: Value) -> Result<String, Value> {
    match value {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(boolean) => Ok(boolean.to_string()),
        other => Err(other),
    }
}
