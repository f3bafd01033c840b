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
    // Not `Stores`: the code of every port would be linked, and clients wait while it is loaded.
    let ingest = Ingest {
        authenticator: Authenticator::new(table.clone(), clock.clone(), Some(setup.operator()?)),
        inbox: inbox.clone(),
        claims: setup.bucket()?,
        limiter: Limiter::new(table.clone()),
        projects: table.clone(),
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
