//! Does what Lambda's poller does for the table's stream: passes records to notify in order, and continues after the
//! last one that was handled.

use std::sync::Arc;
use std::time::Duration;

use notify::Deadline;
use tokio::sync::watch;

use super::stream::Stream;
use super::{Stack, stop_requested};

/// The pause between two reads of the stream, if it has no new records.
const POLL_INTERVAL: Duration = Duration::from_millis(200);
/// The pause between two sweeps of the outbox for due notifications.
const SWEEP_INTERVAL: Duration = Duration::from_secs(1);
/// How long to wait after reading the stream fails.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);
/// For how long a batch or a sweep may begin to send notifications.
const SEND_TIME: Duration = Duration::from_secs(30);

/// Runs until `stopped`.
pub(super) async fn run(stack: Arc<Stack>, mut stream: Stream, mut stopped: watch::Receiver<bool>) {
    loop {
        let pause = match stack.run_stage("stream", take(&stack, &mut stream)).await {
            Ok(true) => continue,
            Ok(false) => POLL_INTERVAL,
            Err(error) => {
                tracing::error!(error.message = %error, "failed to read the table's stream");
                RETRY_INTERVAL
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stop_requested(&mut stopped) => break,
        }
    }
    // Changes that are processed during the stop are handled at the next start.
}

/// Passes one batch to notify. Returns whether there may be more.
async fn take(stack: &Stack, stream: &mut Stream) -> anyhow::Result<bool> {
    let records = stream.next().await?;
    let Some(last) = records.last() else { return Ok(false) };
    let again = stack.notify().watch(&records, Deadline::within(SEND_TIME)).await;
    let taken = match &again {
        None => Some(last),
        Some(number) => records.iter().take_while(|record| record.number != *number).last(),
    };
    if let Some(taken) = taken {
        stream.taken(&taken.number)?;
    }
    match again {
        None => Ok(true),
        Some(number) => anyhow::bail!("record {number} could not be handled: it will be read again"),
    }
}

/// Does what the schedule in template.yaml does: sends due notifications, until `stopped`.
pub(super) async fn sweep(stack: Arc<Stack>, mut stopped: watch::Receiver<bool>) {
    loop {
        let swept = stack.run_stage("sweep", stack.notify().sweep(Deadline::within(SEND_TIME)));
        if let Err(error) = swept.await {
            tracing::warn!(error.message = %error, "failed to send due notifications");
        }
        tokio::select! {
            () = tokio::time::sleep(SWEEP_INTERVAL) => {}
            () = stop_requested(&mut stopped) => return,
        }
    }
}
