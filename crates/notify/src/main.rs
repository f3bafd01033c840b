//! The Lambda function `notify`, behind the table's stream.

use std::convert::Infallible;

use aws_lambda_events::dynamodb::Event;
use aws_lambda_events::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use lambda::Setup;
use lambda_runtime::{LambdaEvent, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let _setup = Setup::start()?;
    let handler = service_fn(|event: LambdaEvent<Event>| async { Ok::<_, Infallible>(handle(event.payload)) });
    lambda_runtime::run(handler).await.map_err(|error| anyhow::anyhow!(error))
}

/// Says where to go on from if a record cannot be read: the stream delivers again from there, in ever smaller batches,
/// until the record is alone, and is put among the stream's dead letters.
fn handle(event: Event) -> DynamoDbEventResponse {
    let mut response = DynamoDbEventResponse::default();
    for change in notify::changes(event) {
        match change {
            Ok(change) => tracing::debug!(error.is_new = change.old.is_none(), "an error changed"),
            Err((number, error)) => {
                tracing::error!(record.number = number, error.message = %error, "a record cannot be read");
                let mut failure = DynamoDbBatchItemFailure::default();
                failure.item_identifier = Some(number);
                response.batch_item_failures.push(failure);
                break;
            }
        }
    }
    response
}
