use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A part of an event that could not be used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Problem {
    /// The kind of problem: `invalid_data` for a wrong type or form.
    #[serde(rename = "type")]
    pub kind: String,
    /// The path of the value, such as `user.email`.
    pub name: String,
    /// The value, cut so that it cannot inflate the event.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub value: Value,
    /// The form that was expected.
    pub reason: String,
}

impl Problem {
    /// Maximum length of a text that is kept, in bytes.
    const MAX_VALUE: usize = 512;
    /// Maximum number of problems that are recorded for one event. Otherwise a body of nothing but mistakes would take
    /// several times its size.
    pub const MAX: usize = 100;

    /// Records the problem that `problem` returns, unless [`Problem::MAX`] are recorded already.
    pub fn note(problems: &mut Vec<Self>, problem: impl FnOnce() -> Self) {
        if problems.len() < Self::MAX {
            problems.push(problem());
        }
    }

    /// Creates the problem of a value with a wrong type or form. Of a long value, the beginning of its text is kept.
    pub fn invalid(name: impl Into<String>, value: Value, reason: impl Into<String>) -> Self {
        let value = match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => value,
            value => {
                let text = match value {
                    Value::String(ref text) => text.clone(),
                    ref other => other.to_string(),
                };
                if text.len() <= Self::MAX_VALUE {
                    value
                } else {
                    Value::String(format!("{}…", &text[..text.floor_char_boundary(Self::MAX_VALUE)]))
                }
            }
        };
        Self { kind: "invalid_data".to_owned(), name: name.into(), value, reason: reason.into() }
    }
}
