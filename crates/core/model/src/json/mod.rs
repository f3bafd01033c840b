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

/// The text is not JSON, even after what clients are known to get wrong was put right.
#[derive(Debug, thiserror::Error)]
#[error("not JSON: {0}")]
pub struct NotJson(String);

/// Parses `bytes`. What real clients get wrong is repaired: bytes that are not UTF-8, lone surrogates, control characters
/// and escapes that JSON does not have in texts, numbers such as `nan`, `-inf` and `1e400`, a comma too many, and NULs
/// behind the value. Nesting beyond 127 levels is refused.
///
/// The repair costs a copy of the text, and is tried only if the text does not parse as it is.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, NotJson> {
    check::repaired(bytes, |bytes| serde_json::from_slice(bytes)).map(|(_, value)| value)
}
