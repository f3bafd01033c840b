//! Moving all messages of a dead-letter queue, which SQS does itself.

use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::ListMessageMoveTasksResultEntry as Task;
use aws_sdk_sqs::types::QueueAttributeName::QueueArn;
use tokio::time::{Instant, sleep};

use crate::error::{Kind, Result, StoreError};
use crate::ports::MoveProgress;

/// How long to wait for a task, and how long to pause between looks at it. A request of the HTTP API may take 29 s.
const WAIT: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(200);
const DOING: &str = "moving dead letters back to the inbox";

/// Starts to move the messages of the queue at `source` to the queue at `destination`, unless they are being moved
/// already, and waits some time for the end.
pub(super) async fn run(client: &Client, source: &str, destination: &str) -> Result<MoveProgress> {
    let source = arn(client, source).await?;
    let until = Instant::now() + WAIT;
    let before = newest(client, &source).await?;
    // A queue has one task at a time, and refuses another.
    if !before.as_ref().is_some_and(is_running) {
        let destination = arn(client, destination).await?;
        let call = client.start_message_move_task().source_arn(&source).destination_arn(destination);
        call.send().await.map_err(|error| StoreError::of_call(DOING, &error))?;
    }
    loop {
        let progress = progress(before.as_ref(), newest(client, &source).await?.as_ref())?;
        if !progress.is_running || Instant::now() >= until {
            return Ok(progress);
        }
        sleep(PAUSE).await;
    }
}

async fn arn(client: &Client, url: &str) -> Result<String> {
    let answer = client.get_queue_attributes().queue_url(url).attribute_names(QueueArn).send().await;
    let attributes = answer.map_err(|error| StoreError::of_call(DOING, &error))?.attributes;
    let arn = attributes.unwrap_or_default().remove(&QueueArn);
    arn.ok_or_else(|| StoreError::corrupt(DOING, "the answer lacks the queue's ARN"))
}

/// The task of the queue that was started last.
async fn newest(client: &Client, source: &str) -> Result<Option<Task>> {
    let answer = client.list_message_move_tasks().source_arn(source).max_results(1).send().await;
    let tasks = answer.map_err(|error| StoreError::of_call(DOING, &error))?.results;
    Ok(tasks.unwrap_or_default().into_iter().next())
}

fn is_running(task: &Task) -> bool {
    matches!(task.status(), Some("RUNNING" | "CANCELLING"))
}

/// The progress of our task, by the newest task that is listed now. `before` was the newest one when we came.
fn progress(before: Option<&Task>, listed: Option<&Task>) -> Result<MoveProgress> {
    let is_earlier = |task: &&Task| {
        before.is_some_and(|before| !is_running(before) && before.started_timestamp() == task.started_timestamp())
    };
    // The list may not have the new task yet.
    let Some(task) = listed.filter(|task| !is_earlier(task)) else {
        return Ok(MoveProgress { moved: 0, is_running: true });
    };
    let moved = u64::try_from(task.approximate_number_of_messages_moved()).unwrap_or_default();
    match task.status() {
        Some("FAILED") => {
            let reason = task.failure_reason().unwrap_or("no reason given");
            Err(StoreError::new(Kind::Unavailable, DOING, reason))
        }
        _ => Ok(MoveProgress { moved, is_running: is_running(task) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(status: &str, started: i64, moved: i64) -> Task {
        let task = Task::builder().status(status).started_timestamp(started);
        task.approximate_number_of_messages_moved(moved).failure_reason("AccessDenied").build()
    }

    #[test]
    fn the_newest_task_says_how_far_it_is() {
        let running = |moved| Ok(MoveProgress { moved, is_running: true });
        let finished = |moved| Ok(MoveProgress { moved, is_running: false });
        let failed = || Err(Kind::Unavailable);
        for (before, listed, expected) in [
            (None, None, running(0)),
            (None, Some(task("RUNNING", 1, 7)), running(7)),
            (None, Some(task("COMPLETED", 1, 9)), finished(9)),
            (None, Some(task("FAILED", 1, 0)), failed()),
            // The new task is not listed yet.
            (Some(task("COMPLETED", 1, 9)), Some(task("COMPLETED", 1, 9)), running(0)),
            (Some(task("FAILED", 1, 9)), Some(task("FAILED", 1, 9)), running(0)),
            (Some(task("COMPLETED", 1, 9)), Some(task("COMPLETED", 2, 3)), finished(3)),
            // Somebody else had started this one.
            (Some(task("RUNNING", 1, 7)), Some(task("COMPLETED", 1, 9)), finished(9)),
            (Some(task("RUNNING", 1, 7)), Some(task("CANCELLING", 1, 8)), running(8)),
            (Some(task("RUNNING", 1, 7)), Some(task("CANCELLED", 1, 8)), finished(8)),
        ] {
            let found = progress(before.as_ref(), listed.as_ref()).map_err(|error| error.kind());
            assert_eq!(found, expected, "{before:?} {listed:?}");
        }
    }
}
