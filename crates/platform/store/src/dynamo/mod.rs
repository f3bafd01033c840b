//! The DynamoDB tables: [`Table`] has the errors, [`Directory`] has keys, users, projects and sessions. `schema` says which item
//! is where; each other module implements one port.

mod announced_releases;
mod audit_log;
mod call;
mod configs;
mod directory;
mod error_commits;
mod error_item;
mod errors;
mod event_index;
mod failures;
mod history;
mod invitations;
mod item;
mod key_uses;
mod keys;
mod merges;
mod occurrences;
mod outbox;
mod project_change;
mod project_data;
mod project_item;
pub(crate) mod projects;
mod quotas;
mod releases;
pub mod restored;
pub mod schema;
mod search_index;
mod search_tree;
mod sessions;
mod source_maps;
pub mod tables;
mod timelines;
mod usage;
mod users;

use std::fmt;
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
pub use directory::Directory;
pub use error_item::in_stream as error_in_stream;
pub use project_data::ProjectData;
pub use usage::{LimitMark, limit_in_stream};

use crate::StoreError;
use crate::clock::{Clock, SystemClock};

/// A table, used through an SDK client. As a storage of its own: the table of errors and everything that belongs to them.
#[derive(Clone)]
pub struct Table {
    client: Client,
    name: String,
    /// Decides which items have expired: DynamoDB removes them only some time later.
    clock: Arc<dyn Clock>,
}

impl Table {
    pub fn new(client: Client, name: impl Into<String>) -> Self {
        Self { client, name: name.into(), clock: Arc::new(SystemClock) }
    }

    /// The same table, with another clock to decide which items have expired.
    #[must_use]
    pub fn with_clock(&self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self.clone() }
    }

    /// Opens the connection, so that the first request need not wait for it. Reads an item that never exists. The
    /// result does not matter: the first request will notice.
    pub async fn connect(&self) {
        let nothing = item::key(schema::NOTHING, schema::NOTHING);
        let read = self.client.get_item().table_name(&self.name).set_key(Some(nothing));
        let once = aws_sdk_dynamodb::config::Builder::new().retry_config(RetryConfig::disabled());
        if let Err(error) = read.customize().config_override(once).send().await {
            let error = StoreError::of_call("connecting to the table", &error);
            tracing::debug!(error.message = %error, "failed to connect to the table");
        }
    }
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").field("client", &self.client).field("name", &self.name).finish_non_exhaustive()
    }
}
