//! JSON as clients really send it.

mod check;
mod repair;
mod take;

pub(crate) use check::Check;
pub use check::{MAX_DEPTH, check};
use serde::de::DeserializeOwned;
pub use serde_json::{Map, Value};
pub use take::{Fields, Path, text_of};

/// The text is not JSON, even after what clients are known to get wrong was put right.
#[derive(Debug, thiserror::Error)]
#[error("not JSON: {0}")]
pub struct NotJson(String);

/// Parses `bytes`. What real clients get wrong is repaired: a byte order mark, bytes that are no UTF-8, lone
/// surrogates (Python sends them for undecodable bytes), `NaN` and `Infinity` (old Python). Nesting beyond 127 levels
/// is refused.
///
/// The repair costs a copy of the text, and is tried only if the text does not parse as it is.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, NotJson> {
    match serde_json::from_slice(bytes) {
        Ok(value) => Ok(value),
        Err(error) => serde_json::from_slice(&repair::repair(bytes)).map_err(|_| NotJson(error.to_string())),
    }
}
