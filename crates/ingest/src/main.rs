//! The Lambda function `ingest`, behind the HTTP API.

use std::sync::Arc;

use anyhow::Context;
use domain::id::KeyHash;
use gate::{Front, Gate, Outcomes};
use ingest::Ingest;
use store::aws::{self, Account, Service};
use store::clock::SystemClock;
use store::dynamo::Table;
use store::s3::Bucket;
use store::sqs::Queue;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().json().with_max_level(tracing::Level::WARN).with_current_span(false).init();
    let variable = |name: &'static str| std::env::var(name).with_context(|| format!("the variable {name} is not set"));
    let operator = KeyHash::parse(&variable("ADMIN_KEY_SHA256")?)?;
    let (account, service) = (Account::from_environment()?, Service::https());
    let bucket = Arc::new(Bucket::new(aws::s3(&account, &service), variable("BUCKET")?));
    let table = Arc::new(Table::new(aws::dynamodb(&account, &service), variable("TABLE")?));
    let clock = Arc::new(SystemClock);
    let outcomes = Arc::new(Outcomes::default());
    let ingest = Ingest {
        gate: Gate::new(table, clock.clone(), Some(operator)),
        inbox: Arc::new(Queue::new(aws::sqs(&account, &service), variable("INBOX_URL")?)),
        claims: bucket,
        clock,
        outcomes: outcomes.clone(),
    };
    lambda_http::run(Front::new(ingest.router(), outcomes)).await.map_err(|error| anyhow::anyhow!(error))
}
