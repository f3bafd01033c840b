//! The Lambda function `query`, behind the HTTP API.

use std::sync::Arc;

use http_common::{Authenticator, Front, Outcomes};
use lambda::Setup;
use query::Query;
use store::clock::SystemClock;
use symbolicator::Symbolicator;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let setup = Setup::start()?;
    let (directory, table, inbox) = (setup.directory()?, setup.table()?, setup.inbox()?);
    let (clock, outcomes) = (Arc::new(SystemClock), Arc::new(Outcomes::default()));
    let stores = setup.stores(&directory, &table)?;
    let mut authenticator =
        Authenticator::new(stores.keys.clone(), stores.users.clone(), clock.clone(), Some(setup.operator()?));
    // The function that redrives dead letters has this code, other routes, and a role that writes only to the inbox.
    if !setup.redrives() {
        authenticator = authenticator.noting(stores.key_uses.clone());
    }
    let query = Query {
        authenticator: Arc::new(authenticator),
        symbolicator: Symbolicator::new(&stores, clock.clone()),
        stores,
        dead_letters: setup.dead_letters(&inbox)?,
        undelivered: setup.undelivered()?,
        backlog: inbox,
        clock,
        outcomes: outcomes.clone(),
        retention_days: setup.retention_days()?,
        capacity: setup.variable("TABLE_CAPACITY")?.parse()?,
    };
    setup.connect(directory.connect()).await;
    setup.http_api()?.serve(Front::new(query.router(), outcomes)).await
}
