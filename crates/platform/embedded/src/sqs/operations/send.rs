//! Serves SendMessage and SendMessageBatch.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{BatchAnswer, Identified, check_batch, queue_of};
use crate::sqs::attributes::Attributes;
use crate::sqs::engine::Engine;
use crate::sqs::message::{Draft, Extras, MAX_SIZE, WireAttribute, md5_of_body};
use crate::sqs::refusal::{Refusal, RefusalKind};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SendRequest {
    #[serde(default)]
    queue_url: String,
    #[serde(flatten)]
    content: Content,
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
    content: Content,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Content {
    #[serde(default)]
    message_body: String,
    delay_seconds: Option<u32>,
    message_attributes: Option<BTreeMap<String, WireAttribute>>,
    message_system_attributes: Option<BTreeMap<String, WireAttribute>>,
}

impl Identified for BatchEntry {
    fn id(&self) -> &str {
        &self.id
    }
}

pub(super) async fn one(engine: &Engine, request: SendRequest) -> Result<Value, Refusal> {
    let queue = queue_of(engine, &request.queue_url)?;
    let attributes = queue.attributes();
    let draft = request.content.into_draft(&attributes)?;
    let answer = send_result(&draft);
    engine.send(&queue, vec![draft]).await?;
    Ok(answer)
}

pub(super) async fn batch(engine: &Engine, request: BatchRequest) -> Result<Value, Refusal> {
    let queue = queue_of(engine, &request.queue_url)?;
    check_batch(&request.entries)?;
    let attributes = queue.attributes();
    let (mut answer, mut drafts, mut size) = (BatchAnswer::default(), Vec::new(), 0);
    for BatchEntry { id, content } in request.entries {
        size += u64::try_from(content.message_body.len()).unwrap_or(u64::MAX);
        match content.into_draft(&attributes) {
            Ok(draft) => {
                size += u64::from(draft.size) - draft.body.len() as u64;
                let mut sent = send_result(&draft);
                sent["Id"] = id.into();
                answer.successful.push(sent);
                drafts.push(draft);
            }
            Err(refusal) => answer.fail(&id, &refusal),
        }
    }
    if size > u64::from(MAX_SIZE) {
        let message = format!("Batch requests cannot be longer than {MAX_SIZE} bytes. You have sent {size} bytes.");
        return Err(Refusal::new(RefusalKind::BatchRequestTooLong, message));
    }
    if !drafts.is_empty() {
        engine.send(&queue, drafts).await?;
    }
    Ok(answer.into_value())
}

impl Content {
    fn into_draft(self, queue: &Attributes) -> Result<Draft, Refusal> {
        let mut system = self.message_system_attributes.unwrap_or_default();
        let trace_header = system.remove("AWSTraceHeader").and_then(|attribute| attribute.string_value);
        if let Some(name) = system.keys().next() {
            return Err(Refusal::parameter(format!("Message system attribute name '{name}' is invalid.")));
        }
        let extras = Extras { attributes: self.message_attributes.unwrap_or_default(), trace_header };
        let draft = Draft::new(self.message_body, extras, self.delay_seconds.unwrap_or(queue.delay))?;
        draft.check_size(queue.max_message)?;
        Ok(draft)
    }
}

/// The answer to the sender of a message.
fn send_result(draft: &Draft) -> Value {
    let mut result = json!({
        "MessageId": crate::shared::uuid(draft.uuid),
        "MD5OfMessageBody": md5_of_body(&draft.body),
    });
    if let Some(md5) = draft.extras.md5_of_attributes() {
        result["MD5OfMessageAttributes"] = md5.into();
    }
    result
}
