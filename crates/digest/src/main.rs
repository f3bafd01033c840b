//! The Lambda function `digest`, behind the inbox queue.

use std::sync::Arc;

use anyhow::Context;
use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use digest::{Deadline, Delivery, Digest, Parts};
use lambda_runtime::{LambdaEvent, service_fn};
use store::aws::{self, Account, Service};
use store::clock::SystemClock;
use store::dynamo::Table;
use store::s3::Bucket;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().json().with_max_level(tracing::Level::WARN).with_current_span(false).init();
    let variable = |name: &'static str| std::env::var(name).with_context(|| format!("the variable {name} is not set"));
    let (account, service) = (Account::from_environment()?, Service::https());
    let table = Arc::new(Table::new(aws::dynamodb(&account, &service), variable("TABLE")?));
    let bucket = Arc::new(Bucket::new(aws::s3(&account, &service), variable("BUCKET")?));
    let digest = Digest::new(Parts {
        projects: table.clone(),
        digests: table,
        segments: bucket.clone(),
        claims: bucket,
        clock: Arc::new(SystemClock),
        retention_days: variable("RETENTION_DAYS")?.parse().context("RETENTION_DAYS is no number")?,
    });
    let digest = &digest;
    let handler = service_fn(move |event: LambdaEvent<SqsEvent>| async move {
        let deliveries: Vec<_> = event.payload.records.into_iter().map(delivery).collect();
        let failures = digest.digest(&deliveries, Deadline::of_invocation(event.context.deadline())).await;
        Ok::<_, std::convert::Infallible>(response(failures))
    });
    lambda_runtime::run(handler).await.map_err(|error| anyhow::anyhow!(error))
}

fn delivery(record: aws_lambda_events::sqs::SqsMessage) -> Delivery {
    Delivery { id: record.message_id.unwrap_or_default(), text: record.body.unwrap_or_default() }
}

/// The partial batch response: SQS delivers again what is named in it, and nothing else.
fn response(failures: Vec<digest::Failure>) -> SqsBatchResponse {
    let mut response = SqsBatchResponse::default();
    response.batch_item_failures = failures
        .into_iter()
        .map(|failure| {
            let mut item = BatchItemFailure::default();
            item.item_identifier = failure.id;
            item
        })
        .collect();
    response
}
