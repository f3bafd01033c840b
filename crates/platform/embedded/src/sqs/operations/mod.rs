//! The operations: each turns the JSON of a request into the JSON of the answer.

mod delete;
mod queues;
mod receive;
mod redrive;
mod send;
mod visibility;

use std::collections::HashSet;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::engine::{Engine, QueueState};
use super::refusal::{Refusal, RefusalKind};

/// The most entries of a batch request, and the most messages of a ReceiveMessage.
const MAX_BATCH: usize = 10;

pub(super) async fn call(engine: &Engine, operation: &str, body: &[u8]) -> Result<Value, Refusal> {
    match operation {
        "SendMessage" => send::one(engine, parse(body)?).await,
        "SendMessageBatch" => send::batch(engine, parse(body)?).await,
        "ReceiveMessage" => receive::receive(engine, parse(body)?).await,
        "DeleteMessage" => delete::one(engine, parse(body)?).await,
        "DeleteMessageBatch" => delete::batch(engine, parse(body)?).await,
        "ChangeMessageVisibility" => visibility::one(engine, parse(body)?).await,
        "ChangeMessageVisibilityBatch" => visibility::batch(engine, parse(body)?).await,
        "CreateQueue" => queues::create(engine, parse(body)?).await,
        "GetQueueUrl" => queues::url(engine, parse(body)?),
        "ListQueues" => queues::list(engine, parse(body)?),
        "GetQueueAttributes" => queues::attributes(engine, parse(body)?).await,
        "SetQueueAttributes" => queues::set_attributes(engine, parse(body)?).await,
        "PurgeQueue" => queues::purge(engine, parse(body)?).await,
        "StartMessageMoveTask" => redrive::start(engine, parse(body)?).await,
        "ListMessageMoveTasks" => redrive::list(engine, parse(body)?),
        _ => Err(Refusal::new(
            RefusalKind::UnsupportedOperation,
            format!("the embedded SQS does not support {operation}"),
        )),
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|e| Refusal::parameter(format!("failed to parse the request: {e}")))
}

/// The queue of a URL, whose last part is the name.
fn queue_of(engine: &Engine, url: &str) -> Result<Arc<QueueState>, Refusal> {
    if url.is_empty() {
        return Err(Refusal::missing("QueueUrl"));
    }
    let name = url.rsplit('/').next().unwrap_or_default();
    engine.find(name).ok_or_else(Refusal::no_queue)
}

trait Identified {
    fn id(&self) -> &str;
}

/// Checks the rules for every batch: one to ten entries with distinct, valid ids.
fn check_batch<E: Identified>(entries: &[E]) -> Result<(), Refusal> {
    if entries.is_empty() {
        let message = "There should be at least one entry in the request.";
        return Err(Refusal::new(RefusalKind::EmptyBatchRequest, message));
    }
    if entries.len() > MAX_BATCH {
        let message =
            format!("Maximum number of entries per request are {MAX_BATCH}. You have sent {}.", entries.len());
        return Err(Refusal::new(RefusalKind::TooManyEntriesInBatchRequest, message));
    }
    let mut ids = HashSet::new();
    for entry in entries {
        let id = entry.id();
        let is_valid = (1..=80).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        if !is_valid {
            let message = "A batch entry id can only contain alphanumeric characters, hyphens and underscores. \
                           It can be at most 80 letters long.";
            return Err(Refusal::new(RefusalKind::InvalidBatchEntryId, message));
        }
        if !ids.insert(id) {
            return Err(Refusal::new(RefusalKind::BatchEntryIdsNotDistinct, format!("Id {id} repeated.")));
        }
    }
    Ok(())
}

/// The answer to a batch: the entries that succeeded, and those that failed with their errors.
#[derive(Default)]
struct BatchAnswer {
    successful: Vec<Value>,
    failed: Vec<Value>,
}

impl BatchAnswer {
    fn fail(&mut self, id: &str, refusal: &Refusal) {
        self.failed.push(json!({
            "Id": id,
            "SenderFault": refusal.is_senders_fault(),
            "Code": refusal.code(),
            "Message": refusal.message(),
        }));
    }

    fn succeed(&mut self, id: &str) {
        self.successful.push(json!({ "Id": id }));
    }

    fn into_value(self) -> Value {
        json!({ "Successful": self.successful, "Failed": self.failed })
    }
}

/// A request whose only relevant field is the queue.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct QueueRequest {
    #[serde(default)]
    queue_url: String,
}
