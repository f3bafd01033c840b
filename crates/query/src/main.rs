//! The Lambda function `query`, behind the HTTP API.

use std::sync::Arc;

use anyhow::Context;
use domain::id::KeyHash;
use gate::{Front, Gate, Outcomes};
use query::Query;
use store::aws::{self, Account, Service};
use store::clock::SystemClock;
use store::dynamo::Table;
use store::s3::Bucket;
use store::sqs::{DeadLetterQueue, Queue};

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().json().with_max_level(tracing::Level::WARN).with_current_span(false).init();
    let variable = |name: &'static str| std::env::var(name).with_context(|| format!("the variable {name} is not set"));
    let operator = KeyHash::parse(&variable("ADMIN_KEY_SHA256")?)?;
    let (account, service) = (Account::from_environment()?, Service::https());
    let table = Arc::new(Table::new(aws::dynamodb(&account, &service), variable("TABLE")?));
    let sqs = aws::sqs(&account, &service);
    let clock = Arc::new(SystemClock);
    let outcomes = Arc::new(Outcomes::default());
    let query = Query {
        gate: Gate::new(table.clone(), clock.clone(), Some(operator)),
        projects: table.clone(),
        keys: table.clone(),
        errors: table.clone(),
        occurrences: table,
        segments: Arc::new(Bucket::new(aws::s3(&account, &service), variable("BUCKET")?)),
        dead_letters: Arc::new(DeadLetterQueue::new(
            sqs.clone(),
            variable("DEAD_LETTERS")?,
            Queue::new(sqs, variable("INBOX")?),
        )),
        clock,
        outcomes: outcomes.clone(),
    };
    lambda_http::run(Front::new(query.router(), outcomes)).await.map_err(|error| anyhow::anyhow!(error))
}
