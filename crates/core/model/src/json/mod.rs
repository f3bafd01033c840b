//! JSON as clients really send it.

mod check;
mod list;
mod problem;
mod repair;
mod take;
mod words;

pub use check::Word;
pub use check::{MAX_DEPTH, check, measure};
pub use list::{CappedList, Size, size};
pub use problem::Problem;
use serde::de::DeserializeOwned;
pub use serde_json::{Map, Value};
pub use take::is_list;
pub use take::{Fields, Path, list_of, text_of};
pub use words::words;

/// The text is not JSON, even after known mistakes of clients were repaired.
#[derive(Debug, thiserror::Error)]
#[error("not JSON: {0}")]
pub struct NotJson(String);

/// Whether a value says nothing: `null`, an empty text, list or object.
pub fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Parses `bytes`. Mistakes that real clients make are repaired: bytes that are not UTF-8, lone surrogates, control
/// characters in texts, escapes that JSON does not have, numbers such as `nan`, `-inf` and `1e400`, an extra comma, and
/// NULs after the value. Nesting beyond 127 levels is refused.
///
/// A repair copies the text, and is tried only if the text does not parse as it is.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, NotJson> {
    check::repaired(bytes, |bytes| serde_json::from_slice(bytes)).map(|(_, value)| value)
}
