//! The Lambda function `notify`, behind the table's stream.

use aws_lambda_events::dynamodb::Event;
use lambda_runtime::{LambdaEvent, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().json().with_max_level(tracing::Level::WARN).with_current_span(false).init();
    let handler = service_fn(|event: LambdaEvent<Event>| async move {
        for change in notify::changes(event.payload) {
            match change {
                Ok(change) => tracing::debug!(error.is_new = change.old.is_none(), "an error changed"),
                Err((number, error)) => {
                    tracing::error!(record.number = number, error.message = %error, "a record cannot be read");
                }
            }
        }
        Ok::<_, std::convert::Infallible>(())
    });
    lambda_runtime::run(handler).await.map_err(|error| anyhow::anyhow!(error))
}
