//! Serves ChangeMessageVisibility and ChangeMessageVisibilityBatch.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{BatchAnswer, Identified, check_batch, queue_of};
use crate::sqs::engine::{Engine, QueueState};
use crate::sqs::messages::VisibilityChange;
use crate::sqs::receipt::Receipt;
use crate::sqs::refusal::{Refusal, RefusalKind};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct VisibilityRequest {
    #[serde(default)]
    queue_url: String,
    #[serde(flatten)]
    change: Wanted,
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
    #[serde(flatten)]
    change: Wanted,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Wanted {
    #[serde(default)]
    receipt_handle: String,
    visibility_timeout: Option<u32>,
}

impl Identified for BatchEntry {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Wanted {
    fn check(&self, queue: &QueueState) -> Result<(Receipt, Duration), Refusal> {
        let seconds = self.visibility_timeout.ok_or_else(|| Refusal::missing("VisibilityTimeout"))?;
        if seconds > 43_200 {
            return Err(Refusal::parameter(format!(
                "Value {seconds} for parameter VisibilityTimeout is invalid. Reason: VisibilityTimeout must be an \
                 integer between 0 and 43200."
            )));
        }
        let receipt = Receipt::parse(&self.receipt_handle, queue.id)?;
        Ok((receipt, Duration::from_secs(seconds.into())))
    }
}

pub(super) async fn one(engine: &Engine, request: VisibilityRequest) -> Result<Value, Refusal> {
    let queue = queue_of(engine, &request.queue_url)?;
    let change = request.change.check(&queue)?;
    let done = engine.change_visibility(&queue, vec![change]).await?;
    done.into_iter().try_for_each(to_result)?;
    Ok(json!({}))
}

pub(super) async fn batch(engine: &Engine, request: BatchRequest) -> Result<Value, Refusal> {
    let queue: Arc<QueueState> = queue_of(engine, &request.queue_url)?;
    check_batch(&request.entries)?;
    let (mut answer, mut ids, mut changes) = (BatchAnswer::default(), Vec::new(), Vec::new());
    for entry in &request.entries {
        match entry.change.check(&queue) {
            Ok(change) => {
                ids.push(&entry.id);
                changes.push(change);
            }
            Err(refusal) => answer.fail(&entry.id, &refusal),
        }
    }
    let done = engine.change_visibility(&queue, changes).await?;
    for (id, change) in ids.into_iter().zip(done) {
        match to_result(change) {
            Ok(()) => answer.succeed(id),
            Err(refusal) => answer.fail(id, &refusal),
        }
    }
    Ok(answer.into_value())
}

fn to_result(change: VisibilityChange) -> Result<(), Refusal> {
    match change {
        VisibilityChange::Done => Ok(()),
        VisibilityChange::NotInFlight => {
            Err(Refusal::new(RefusalKind::MessageNotInflight, "The specified message isn't in flight."))
        }
        VisibilityChange::NotFound => Err(Refusal::parameter(
            "Value for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for \
             visibility timeout change.",
        )),
    }
}
