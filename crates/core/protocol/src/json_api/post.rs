//! The form in which the body of a request is stored in the inbox.

use serde::Deserialize;
use serde_json::{Map, Value};

/// The errors of a body, and the data that they share, as read from the inbox. [`Taken`](super::Taken) is the written
/// form.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Post {
    /// The errors to store.
    pub errors: Vec<Item>,
    /// Data that applies to all of them: `notifier`, `context`, `environment`, `session` and `params`, as they were
    /// sent.
    pub shared: Map<String, Value>,
}

/// One error of a body.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Item {
    /// The type, or `_` if the client sent none.
    #[serde(rename = "type")]
    pub kind: String,
    /// The full message, as the client sent it.
    pub message: String,
    /// All other keys as they were sent: `backtrace`, `timestamp`, and keys that v1 does not know.
    pub rest: Map<String, Value>,
}
