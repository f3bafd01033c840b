use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use model::project::Limits;

use super::Table;
use crate::clock::Clock;

/// The directory: the small table with keys, projects, sessions, and attempts to sign in.
///
/// It is apart from the table of errors so that ingest, which must always answer, does not share its capacity with
/// anything that events cause, and so that the roles of functions that read events can be denied all keys.
#[derive(Clone, Debug)]
pub struct Directory {
    pub(super) table: Table,
    /// The limits of projects that are created.
    pub(super) first_limits: Limits,
}

impl Directory {
    /// The directory in the table with this name. New projects have no limits.
    pub fn new(client: Client, name: impl Into<String>) -> Self {
        Self { table: Table::new(client, name), first_limits: Limits::default() }
    }

    /// The same directory, which gives these limits to projects that it creates. They are settings like any others:
    /// a later change of the limits for new projects does not change them.
    #[must_use]
    pub fn with_first_limits(self, first_limits: Limits) -> Self {
        Self { first_limits, ..self }
    }

    /// The same directory, with another clock to decide which items have expired.
    #[must_use]
    pub fn with_clock(&self, clock: Arc<dyn Clock>) -> Self {
        Self { table: self.table.with_clock(clock), first_limits: self.first_limits }
    }

    /// Opens the connection, like [`Table::connect`].
    pub async fn connect(&self) {
        self.table.connect().await;
    }
}
