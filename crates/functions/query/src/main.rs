//! The Lambda function `query`, behind the HTTP API.

use std::sync::Arc;

use http_common::{Authenticator, Front, Outcomes};
use lambda::Setup;
use query::Query;
use store::clock::SystemClock;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let setup = Setup::start()?;
    let (table, inbox) = (setup.table()?, setup.inbox()?);
    let (clock, outcomes) = (Arc::new(SystemClock), Arc::new(Outcomes::default()));
    let bucket = setup.bucket()?;
    let query = Query {
        authenticator: Arc::new(
            Authenticator::new(table.clone(), clock.clone(), Some(setup.operator()?)).noting(table.clone()),
        ),
        projects: table.clone(),
        keys: table.clone(),
        errors: table.clone(),
        history: table.clone(),
        merges: table.clone(),
        index: table.clone(),
        configs: table.clone(),
        occurrences: table.clone(),
        releases: table.clone(),
        totals: table.clone(),
        directory: table.clone(),
        segments: bucket.clone(),
        claims: bucket,
        dead_letters: setup.dead_letters(&inbox)?,
        undelivered: setup.undelivered()?,
        backlog: inbox,
        failures: table.clone(),
        sessions: table.clone(),
        clock,
        outcomes: outcomes.clone(),
        retention_days: setup.retention_days()?,
    };
    setup.connect(table.connect()).await;
    lambda::serve(Front::new(query.router(), outcomes)).await
}
