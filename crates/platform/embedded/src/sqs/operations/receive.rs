//! Serves ReceiveMessage, with long polling.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{MAX_BATCH, queue_of};
use crate::sqs::arn;
use crate::sqs::engine::Engine;
use crate::sqs::message::md5_of_body;
use crate::sqs::messages::StoredMessage;
use crate::sqs::refusal::Refusal;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ReceiveRequest {
    #[serde(default)]
    queue_url: String,
    max_number_of_messages: Option<usize>,
    visibility_timeout: Option<u32>,
    wait_time_seconds: Option<u32>,
    #[serde(default)]
    attribute_names: Vec<String>,
    #[serde(default)]
    message_system_attribute_names: Vec<String>,
    #[serde(default)]
    message_attribute_names: Vec<String>,
}

pub(super) async fn receive(engine: &Engine, mut request: ReceiveRequest) -> Result<Value, Refusal> {
    let queue = queue_of(engine, &request.queue_url)?;
    let attributes = queue.attributes();
    let max = within("MaxNumberOfMessages", request.max_number_of_messages.unwrap_or(1), 1, MAX_BATCH)?;
    let visibility = request.visibility_timeout.unwrap_or(attributes.visibility_timeout);
    let visibility = Duration::from_secs(within("VisibilityTimeout", visibility, 0, 43_200)?.into());
    let wait = within("WaitTimeSeconds", request.wait_time_seconds.unwrap_or(attributes.receive_wait), 0, 20)?;
    let deadline = engine.clock.now() + Duration::from_secs(wait.into());
    request.message_system_attribute_names.append(&mut request.attribute_names);
    let messages = loop {
        let taken = engine.receive(&queue, max, u64::MAX, visibility).await?;
        // The message that seemed to be available may have expired, or gone to the dead-letter queue or another
        // consumer.
        if !taken.messages.is_empty() || wait == 0 || !engine.wait(&queue, Some(deadline)).await? {
            break taken.messages;
        }
    };
    let messages: Vec<_> = messages.iter().map(|message| shown(engine, &request, message)).collect();
    Ok(if messages.is_empty() { json!({}) } else { json!({ "Messages": messages }) })
}

fn shown(engine: &Engine, request: &ReceiveRequest, message: &StoredMessage) -> Value {
    let mut shown = json!({
        "MessageId": message.uuid(),
        "ReceiptHandle": message.receipt().to_handle(),
        "Body": message.body,
        "MD5OfBody": md5_of_body(&message.body),
    });
    let system = system_attributes(engine, message, &request.message_system_attribute_names);
    if !system.is_empty() {
        shown["Attributes"] = system.into();
    }
    let mut chosen = message.extras.clone();
    chosen.attributes.retain(|name, _| is_asked_for(name, &request.message_attribute_names));
    if let Some(md5) = chosen.md5_of_attributes() {
        shown["MD5OfMessageAttributes"] = md5.into();
        shown["MessageAttributes"] = json!(chosen.attributes);
    }
    shown
}

fn system_attributes(engine: &Engine, message: &StoredMessage, asked: &[String]) -> Map<String, Value> {
    let source = message.source().and_then(|id| engine.all().into_iter().find(|queue| queue.id == id));
    let known = [
        ("SenderId", Some("AIDAEMBEDDED".to_owned())),
        ("SentTimestamp", Some(message.sent().to_string())),
        ("ApproximateReceiveCount", Some(message.receives().to_string())),
        ("ApproximateFirstReceiveTimestamp", Some(message.first_receive().to_string())),
        ("AWSTraceHeader", message.extras.trace_header.clone()),
        ("DeadLetterQueueSourceArn", source.map(|queue| arn(&queue.name))),
    ];
    known
        .into_iter()
        .filter(|(name, _)| asked.iter().any(|asked| asked == name || asked == "All"))
        .filter_map(|(name, value)| Some((name.to_owned(), value?.into())))
        .collect()
}

/// Whether the request names a message attribute, directly or by `All`, `.*` or a prefix such as `app.*`.
fn is_asked_for(name: &str, asked: &[String]) -> bool {
    asked.iter().any(|asked| match asked.strip_suffix(".*") {
        Some(prefix) => name.starts_with(prefix),
        None => asked == name || asked == "All",
    })
}

fn within<T: PartialOrd + std::fmt::Display>(name: &str, value: T, min: T, max: T) -> Result<T, Refusal> {
    if (&min..=&max).contains(&&value) {
        return Ok(value);
    }
    let reason = format!("Reason: Must be between {min} and {max}, if provided.");
    Err(Refusal::parameter(format!("Value {value} for parameter {name} is invalid. {reason}")))
}
