//! The one table. Which item holds what is in `schema`; each other module implements one port on it.

mod call;
mod configs;
mod digests;
mod error_item;
mod errors;
mod failures;
mod item;
mod keys;
mod occurrences;
mod outbox;
mod project_change;
mod projects;
mod quotas;
pub mod schema;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
pub use error_item::in_stream as error_in_stream;
pub use quotas::{LimitMark, limit_in_stream};

use crate::StoreError;

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

    /// Makes the connection that the first request would otherwise wait for, by reading an item that is never there.
    /// What comes of it does not matter: the first request finds out.
    pub async fn connect(&self) {
        let nothing = item::key(schema::KEYS, schema::NO_KEY);
        let read = self.client.get_item().table_name(&self.name).set_key(Some(nothing));
        let once = aws_sdk_dynamodb::config::Builder::new().retry_config(RetryConfig::disabled());
        if let Err(error) = read.customize().config_override(once).send().await {
            let error = StoreError::of_call("connecting to the table", &error);
            tracing::debug!(error.message = %error, "the table does not answer yet");
        }
    }
}
