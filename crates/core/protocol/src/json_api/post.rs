//! What rests in the inbox of the body of a request.

use serde::Deserialize;
use serde_json::{Map, Value};

/// What is stored of a body: its errors, and what they share. [`Taken`](super::Taken) is its written form.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Post {
    /// The errors that can be stored.
    pub errors: Vec<Item>,
    /// Facts about all of them: `notifier`, `context`, `environment`, `session`, `params`; whatever was sent there.
    pub shared: Map<String, Value>,
}

/// One error of a body.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Item {
    /// Its type; `_` if the client has none.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its message, in full.
    pub message: String,
    /// Everything else that was sent of it: `backtrace`, `timestamp`, and keys that v1 does not know.
    pub rest: Map<String, Value>,
}
