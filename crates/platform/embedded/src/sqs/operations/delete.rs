//! DeleteMessage and DeleteMessageBatch. As in AWS, deleting a message that is gone succeeds.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{BatchAnswer, Identified, check_batch, queue_of};
use crate::sqs::engine::Engine;
use crate::sqs::receipt::Receipt;
use crate::sqs::refusal::Refusal;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DeleteRequest {
    #[serde(default)]
    queue_url: String,
    #[serde(default)]
    receipt_handle: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct BatchRequest {
    #[serde(default)]
    queue_url: String,
    #[serde(default)]
    entries: Vec<BatchEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct BatchEntry {
    #[serde(default)]
    id: String,
    #[serde(default)]
    receipt_handle: String,
}

impl Identified for BatchEntry {
    fn id(&self) -> &str {
        &self.id
    }
}

pub(super) async fn one(engine: &Engine, request: DeleteRequest) -> Result<Value, Refusal> {
    let queue = queue_of(engine, &request.queue_url)?;
    let receipt = Receipt::parse(&request.receipt_handle, queue.id)?;
    engine.delete(vec![receipt]).await?;
    Ok(json!({}))
}

pub(super) async fn batch(engine: &Engine, request: BatchRequest) -> Result<Value, Refusal> {
    let queue = queue_of(engine, &request.queue_url)?;
    check_batch(&request.entries)?;
    let (mut answer, mut receipts) = (BatchAnswer::default(), Vec::new());
    for entry in &request.entries {
        match Receipt::parse(&entry.receipt_handle, queue.id) {
            Ok(receipt) => {
                receipts.push(receipt);
                answer.succeed(&entry.id);
            }
            Err(refusal) => answer.fail(&entry.id, &refusal),
        }
    }
    engine.delete(receipts).await?;
    Ok(answer.into_value())
}
