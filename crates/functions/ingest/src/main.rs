//! The Lambda function `ingest`, which serves the HTTP API for events.

use std::sync::Arc;
use std::time::Duration;

use http_common::{Authenticator, Front, Outcomes};
use ingest::{Ingest, IngestHealth, Limiter};
use lambda::Setup;
use store::clock::SystemClock;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    // Clients give up after a few seconds; some of them after two. The calls of a request end before the function's
    // own 25 s: at most 3.1 s for the key, 7 s for attachments, 7 s for a large message, and 3.1 s for the queue.
    let setup = Setup::start()?.with_attempt(Duration::from_millis(700));
    let (directory, inbox) = (setup.directory()?, setup.inbox()?);
    let (clock, outcomes) = (Arc::new(SystemClock), Arc::new(Outcomes::default()));
    // Not `Stores`: the code of every port would be linked, and clients wait while it is loaded.
    let bucket = setup.bucket()?;
    let ingest = Ingest {
        authenticator: Authenticator::new(directory.clone(), directory.clone(), clock.clone(), Some(setup.operator()?)),
        inbox: inbox.clone(),
        claims: bucket.clone(),
        attachments: bucket,
        limiter: Limiter::new(directory.clone()),
        projects: directory.clone(),
        sealer: setup.sealer(),
        health: IngestHealth::new(directory.clone(), inbox.clone()),
        clock,
        outcomes: outcomes.clone(),
    };
    let connecting = async {
        tokio::join!(directory.connect(), inbox.connect());
    };
    setup.connect(connecting).await;
    setup.http_api()?.serve(Front::new(ingest.router(), outcomes)).await
}
