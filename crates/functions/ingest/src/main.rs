//! The Lambda function `ingest`, which serves the HTTP API for events.

use std::sync::Arc;

use http_common::{Authenticator, Front, Outcomes};
use ingest::{Ingest, Limiter};
use lambda::Setup;
use store::clock::SystemClock;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let setup = Setup::start()?;
    let (table, inbox) = (setup.table()?, setup.inbox()?);
    let (clock, outcomes) = (Arc::new(SystemClock), Arc::new(Outcomes::default()));
    let stores = setup.stores(&table)?;
    let ingest = Ingest {
        authenticator: Authenticator::new(stores.keys, clock.clone(), Some(setup.operator()?)),
        inbox: inbox.clone(),
        claims: stores.claim_checks,
        limiter: Limiter::new(stores.quotas),
        projects: stores.projects,
        sealer: setup.sealer(),
        clock,
        outcomes: outcomes.clone(),
    };
    let connecting = async {
        tokio::join!(table.connect(), inbox.connect());
    };
    setup.connect(connecting).await;
    lambda::serve(Front::new(ingest.router(), outcomes)).await
}
