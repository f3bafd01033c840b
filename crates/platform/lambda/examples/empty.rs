//! A Lambda function that does nothing: the baseline for the bench `startup`.

use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let handler = |_: LambdaEvent<Value>| async { Ok::<_, std::convert::Infallible>(json!({})) };
    lambda_runtime::run(service_fn(handler)).await
}
