use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Something in an event that could not be used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Problem {
    /// The kind of problem: `invalid_data` for a wrong type or form.
    #[serde(rename = "type")]
    pub kind: String,
    /// Where it stood, such as `user.email`.
    pub name: String,
    /// What was there, cut to a length that cannot swell the event.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub value: Value,
    /// What was expected.
    pub reason: String,
}

impl Problem {
    /// The longest text of a value that is kept, in bytes.
    const MAX_VALUE: usize = 512;
    /// The most problems that are written down of one event. A body of nothing but faults would otherwise take a
    /// multiple of its size.
    pub const MAX: usize = 100;

    /// Writes down what `problem` makes, unless there are [`Problem::MAX`] already.
    pub fn note(problems: &mut Vec<Self>, problem: impl FnOnce() -> Self) {
        if problems.len() < Self::MAX {
            problems.push(problem());
        }
    }

    /// A value of a wrong type or form. A long value is kept as the beginning of its text.
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
