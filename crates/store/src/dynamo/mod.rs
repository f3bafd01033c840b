//! The one table. Which item holds what is in `schema`; each other module implements one port on it.

mod call;
mod digests;
mod error_item;
mod errors;
mod item;
mod keys;
mod occurrences;
mod projects;
pub mod schema;

use aws_sdk_dynamodb::Client;
pub use error_item::in_stream as error_in_stream;

/// The table, by an SDK client.
#[derive(Clone, Debug)]
pub struct Table {
    client: Client,
    name: String,
}

impl Table {
    /// The table of this name.
    pub fn new(client: Client, name: impl Into<String>) -> Self {
        Self { client, name: name.into() }
    }
}
