//! Serves StartMessageMoveTask and ListMessageMoveTasks.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::sqs::arn;
use crate::sqs::engine::{Engine, QueueState};
use crate::sqs::move_tasks::MoveTask;
use crate::sqs::refusal::{Refusal, RefusalKind};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct StartRequest {
    #[serde(default)]
    source_arn: String,
    destination_arn: Option<String>,
}

pub(super) async fn start(engine: &Engine, request: StartRequest) -> Result<Value, Refusal> {
    let source = named(engine, &request.source_arn)?;
    let target = request.destination_arn.as_deref().map(|arn| named(engine, arn)).transpose()?;
    let is_target = |queue: &Arc<QueueState>| queue.attributes().redrive.is_some_and(|to| to.target == source.name);
    if !engine.all().iter().any(is_target) {
        return Err(Refusal::parameter("Source queue must be configured as a Dead Letter Queue."));
    }
    let handle = hex::encode(source.name.as_bytes());
    engine.move_messages(&source, target).await?;
    Ok(json!({ "TaskHandle": handle }))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListRequest {
    #[serde(default)]
    source_arn: String,
    max_results: Option<usize>,
}

pub(super) fn list(engine: &Engine, request: ListRequest) -> Result<Value, Refusal> {
    let source = named(engine, &request.source_arn)?;
    let limit = request.max_results.unwrap_or(1).clamp(1, 10);
    let tasks: Vec<_> = engine.moves.of(&source.name).iter().take(limit).map(shown).collect();
    Ok(json!({ "Results": tasks }))
}

fn shown(task: &MoveTask) -> Value {
    let mut shown = json!({
        "Status": "COMPLETED",
        "SourceArn": arn(&task.source),
        "ApproximateNumberOfMessagesMoved": task.moved,
        "ApproximateNumberOfMessagesToMove": task.moved,
        "StartedTimestamp": task.started,
    });
    if let Some(target) = &task.target {
        shown["DestinationArn"] = arn(target).into();
    }
    shown
}

fn named(engine: &Engine, queue: &str) -> Result<Arc<QueueState>, Refusal> {
    queue.strip_prefix(&arn("")).and_then(|name| engine.find(name)).ok_or_else(|| {
        let message = "The resource that you specified for the SourceArn parameter doesn't exist.";
        Refusal::new(RefusalKind::ResourceNotFound, message)
    })
}
