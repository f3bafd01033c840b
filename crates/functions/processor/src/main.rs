//! The Lambda function `processor`, which consumes the inbox queue.

use std::sync::Arc;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use lambda::Setup;
use lambda_runtime::{LambdaEvent, service_fn};
use processor::{Deadline, Delivery, Processor};
use store::clock::SystemClock;

#[cfg(panic = "abort")]
compile_error!(
    "the processor catches the panic of one message so that the others are kept: build with panic = \"unwind\""
);

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let setup = Setup::start()?;
    let stores = setup.stores(&setup.directory()?, &setup.table()?)?;
    let processor = Processor::new(stores, Arc::new(SystemClock), setup.retention_days()?);
    let processor = &processor;
    let handler = service_fn(move |event: LambdaEvent<SqsEvent>| async move {
        let deliveries: Vec<_> = event.payload.records.into_iter().map(delivery).collect();
        let failures = processor.process(&deliveries, Deadline::of_invocation(event.context.deadline())).await;
        Ok::<_, std::convert::Infallible>(response(failures))
    });
    lambda_runtime::run(handler).await.map_err(|error| anyhow::anyhow!(error))
}

fn delivery(record: aws_lambda_events::sqs::SqsMessage) -> Delivery {
    let receives = record.attributes.get("ApproximateReceiveCount");
    Delivery {
        id: record.message_id.unwrap_or_default(),
        text: record.body.unwrap_or_default(),
        is_repeated: receives.is_none_or(|count| count != "1"),
    }
}

/// The partial batch response: SQS delivers the messages again that it names, and no others.
fn response(failures: Vec<processor::Failure>) -> SqsBatchResponse {
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
