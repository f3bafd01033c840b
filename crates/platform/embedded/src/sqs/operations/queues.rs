//! CreateQueue, GetQueueUrl, ListQueues, GetQueueAttributes, SetQueueAttributes, PurgeQueue.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{QueueRequest, queue_of};
use crate::sqs::attributes::{self, Attributes};
use crate::sqs::engine::{Engine, QueueState};
use crate::sqs::refusal::{Refusal, RefusalKind};
use crate::sqs::{arn, messages};

/// Computed attributes, in the order of the engine's counts.
const COUNTS: [&str; 3] =
    ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateRequest {
    #[serde(default)]
    queue_name: String,
    attributes: Option<BTreeMap<String, String>>,
}

pub(super) async fn create(engine: &Engine, request: CreateRequest) -> Result<Value, Refusal> {
    let name = request.queue_name;
    let is_valid = (1..=80).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if !is_valid {
        let message = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length";
        return Err(Refusal::parameter(message));
    }
    let given = request.attributes.unwrap_or_default();
    let mut wanted = Attributes::default();
    wanted.apply(&given)?;
    check_redrive(engine, &wanted)?;
    let queue = match engine.find(&name) {
        Some(queue) => queue,
        None => engine.create(name, wanted).await?,
    };
    // Repeating the same request is not an error, but asking for different attributes is.
    let there = queue.attributes();
    let mut both = there.clone();
    both.apply(&given)?;
    if both != there {
        let message = "A queue already exists with the same name and a different value for an attribute.";
        return Err(Refusal::new(RefusalKind::QueueNameExists, message));
    }
    Ok(json!({ "QueueUrl": crate::sqs::url(&queue.name) }))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UrlRequest {
    #[serde(default)]
    queue_name: String,
}

pub(super) fn url(engine: &Engine, request: UrlRequest) -> Result<Value, Refusal> {
    let queue = engine.find(&request.queue_name).ok_or_else(Refusal::no_queue)?;
    Ok(json!({ "QueueUrl": crate::sqs::url(&queue.name) }))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListRequest {
    #[serde(default)]
    queue_name_prefix: String,
    max_results: Option<usize>,
    /// The last name of the previous page.
    #[serde(default)]
    next_token: String,
}

pub(super) fn list(engine: &Engine, request: ListRequest) -> Result<Value, Refusal> {
    let limit = request.max_results.unwrap_or(1000).clamp(1, 1000);
    let all = engine.all();
    let mut names = all
        .iter()
        .map(|queue| queue.name.as_str())
        .filter(|name| name.starts_with(&request.queue_name_prefix) && **name > *request.next_token);
    let page: Vec<_> = names.by_ref().take(limit).collect();
    let mut answer = json!({ "QueueUrls": page.iter().map(|name| crate::sqs::url(name)).collect::<Vec<_>>() });
    if let (Some(_), Some(last)) = (names.next(), page.last()) {
        answer["NextToken"] = (*last).into();
    }
    Ok(answer)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AttributesRequest {
    #[serde(default)]
    queue_url: String,
    #[serde(default)]
    attribute_names: Vec<String>,
}

pub(super) async fn attributes(engine: &Engine, request: AttributesRequest) -> Result<Value, Refusal> {
    let queue = queue_of(engine, &request.queue_url)?;
    let asked = request.attribute_names;
    let is_asked = |name: &str| asked.iter().any(|asked| asked == name || asked == "All");
    let mut texts = queue.attributes().texts();
    texts.extend(fixed(&queue));
    // Counting walks an index, so do it only if the request asks for it.
    if COUNTS.iter().any(|name| is_asked(name)) {
        let counts = engine.count(&queue).await?;
        texts.extend(COUNTS.iter().zip(counts).map(|(name, count)| ((*name).to_owned(), count.to_string())));
    }
    let is_known = |name: &String| {
        texts.contains_key(name) || ["All", "RedrivePolicy"].contains(&name.as_str()) || attributes::is_kept(name)
    };
    if let Some(name) = asked.iter().find(|name| !is_known(name)) {
        return Err(attributes::unknown(name));
    }
    texts.retain(|name, _| is_asked(name));
    Ok(json!({ "Attributes": texts }))
}

fn fixed(queue: &QueueState) -> [(String, String); 3] {
    [
        ("QueueArn".to_owned(), arn(&queue.name)),
        ("CreatedTimestamp".to_owned(), (queue.created / 1000).to_string()),
        ("LastModifiedTimestamp".to_owned(), (queue.modified() / 1000).to_string()),
    ]
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SetRequest {
    #[serde(default)]
    queue_url: String,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
}

pub(super) async fn set_attributes(engine: &Engine, request: SetRequest) -> Result<Value, Refusal> {
    let queue = queue_of(engine, &request.queue_url)?;
    let mut wanted = queue.attributes();
    wanted.apply(&request.attributes)?;
    check_redrive(engine, &wanted)?;
    engine.set_attributes(&queue, wanted).await?;
    Ok(json!({}))
}

pub(super) async fn purge(engine: &Engine, request: QueueRequest) -> Result<Value, Refusal> {
    let id = queue_of(engine, &request.queue_url)?.id;
    engine.database.write(move |c| -> Result<_, Refusal> { Ok(messages::purge(c, id)?) }).await?;
    Ok(json!({}))
}

fn check_redrive(engine: &Engine, attributes: &Attributes) -> Result<(), Refusal> {
    match &attributes.redrive {
        Some(redrive) if engine.find(&redrive.target).is_none() => Err(Refusal::parameter(format!(
            "Value {} for parameter RedrivePolicy is invalid. Reason: Dead letter target does not exist.",
            arn(&redrive.target)
        ))),
        _ => Ok(()),
    }
}
