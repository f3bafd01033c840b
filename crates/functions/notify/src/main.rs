//! The Lambda function `notify`. It is called by the table's stream, by a schedule, and by the routes of the HTTP API
//! that need to unseal data.

use std::sync::Arc;

use anyhow::Context;
use aws_lambda_events::dynamodb::Event;
use http_common::{Authenticator, Front, Outcomes};
use lambda::{HttpApi, Setup};
use lambda_runtime::{LambdaEvent, service_fn};
use notify::channels::{Channels, Mailer, Ses};
use notify::guard::{Client, Destinations, Timeouts};
use notify::{Deadline, Notify, Parts, PublicUrl, Record, Routes};
use serde_json::{Value, json};
use store::clock::SystemClock;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let setup = Setup::start()?;
    let table = setup.table()?;
    let stores = setup.stores(&setup.directory()?, &table)?;
    let clock = Arc::new(SystemClock);
    let destinations = Destinations::parse(&setup.variable("ALLOWED_DESTINATIONS")?).context("ALLOWED_DESTINATIONS")?;
    // For the test on an emulator, whose fakes listen on loopback. Not part of the deployed binary.
    #[cfg(feature = "loopback")]
    let destinations = destinations.and_loopback();
    let from = setup.variable("EMAIL_FROM")?;
    let mailer = (!from.is_empty()).then(|| {
        let (account, service) = setup.aws();
        Arc::new(Ses::new(account, service, from)) as Arc<dyn Mailer>
    });
    let client = Client::new(destinations, Timeouts::default());
    let channels = Arc::new(Channels::new(client, mailer, clock.clone()));
    let notify = Arc::new(Notify::new(Parts {
        stores: stores.clone(),
        undelivered: setup.undelivered()?,
        sealer: setup.sealer(),
        channels,
        clock: clock.clone(),
        public_url: Some(PublicUrl::at(&setup.variable("PUBLIC_URL")?)),
    }));
    let outcomes = Arc::new(Outcomes::default());
    let routes = Routes {
        authenticator: Arc::new(Authenticator::new(stores.keys, stores.users, clock, Some(setup.operator()?))),
        notify: notify.clone(),
        sessions: stores.sessions,
        outcomes: outcomes.clone(),
    };
    let front = Front::new(routes.router(), outcomes);
    setup.connect(table.connect()).await;
    let api = setup.http_api()?;
    let handler = service_fn(move |event: LambdaEvent<Value>| {
        let (notify, front, api) = (notify.clone(), front.clone(), api.clone());
        async move { handle(&notify, front, &api, event).await.map_err(lambda_runtime::Error::from) }
    });
    lambda_runtime::run(handler).await.map_err(|error| anyhow::anyhow!(error))
}

/// Distinguishes the three kinds of events by keys that only one kind has.
async fn handle(notify: &Notify, front: Front, api: &HttpApi, event: LambdaEvent<Value>) -> anyhow::Result<Value> {
    let deadline = Deadline::of_invocation(event.context.deadline());
    let payload = event.payload;
    if payload.get("Records").is_some() {
        let event: Event = serde_json::from_value(payload).context("cannot parse an event of the stream")?;
        let records: Vec<_> = event.records.into_iter().map(Record::from).collect();
        let again = notify.watch(&records, deadline).await;
        // Lambda continues the stream from the first record that is named.
        let failures: Vec<_> = again.into_iter().map(|number| json!({ "itemIdentifier": number })).collect();
        return Ok(json!({ "batchItemFailures": failures }));
    }
    if payload.get("sweep").is_some() {
        notify.sweep(deadline).await?;
        return Ok(Value::Null);
    }
    api.answer(front, &payload.to_string()).await
}
