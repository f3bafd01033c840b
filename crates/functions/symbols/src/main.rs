//! The Lambda function `symbols`, behind the HTTP API: receives source maps.

use std::sync::Arc;

use http_common::{Authenticator, Front, Outcomes};
use lambda::Setup;
use store::clock::SystemClock;
use symbols::Symbols;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let setup = Setup::start()?;
    let (directory, table) = (setup.directory()?, setup.table()?);
    let (clock, outcomes) = (Arc::new(SystemClock), Arc::new(Outcomes::default()));
    let stores = setup.stores(&directory, &table)?;
    let authenticator =
        Authenticator::new(stores.keys.clone(), stores.users.clone(), clock.clone(), Some(setup.operator()?));
    let authenticator = authenticator.noting(stores.key_uses.clone());
    let symbols = Symbols::new(authenticator, stores, clock, outcomes.clone());
    setup.connect(directory.connect()).await;
    setup.http_api()?.serve(Front::new(symbols.router(), outcomes)).await
}
