//! Lambda's poller of the table's stream: hands records to notify in order, and goes on after those that were taken in.

use std::sync::Arc;
use std::time::Duration;

use notify::Deadline;
use tokio::sync::watch;

use super::stream::Stream;
use super::{Stack, stop_requested};

/// How often the stream is asked for more.
const POLL_INTERVAL: Duration = Duration::from_millis(200);
/// How often the outbox is asked for what is due.
const SWEEP_INTERVAL: Duration = Duration::from_secs(1);
/// How long to wait when the stream or the outbox itself fails.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);
/// For how long a batch may begin to send things.
const SEND_TIME: Duration = Duration::from_secs(30);

/// Runs until `stopped`.
pub(super) async fn run(stack: Arc<Stack>, mut stream: Stream, mut stopped: watch::Receiver<bool>) {
    loop {
        let taken = take(&stack, &mut stream).await;
        stack.note("stream", &taken);
        let pause = match taken {
            Ok(true) => continue,
            Ok(false) => POLL_INTERVAL,
            Err(error) => {
                tracing::error!(error.message = %error, "the table's stream cannot be read");
                RETRY_INTERVAL
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stop_requested(&mut stopped) => break,
        }
    }
    // What was processed on the way out is told at the next start.
}

/// Takes one batch in; says whether there may be more.
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
        Some(number) => anyhow::bail!("record {number} could not be taken in: it comes again"),
    }
}

/// The schedule of template.yaml: sends what is due, until `stopped`.
pub(super) async fn sweep(stack: Arc<Stack>, mut stopped: watch::Receiver<bool>) {
    loop {
        let swept = stack.notify().sweep(Deadline::within(SEND_TIME)).await;
        stack.note("sweep", &swept);
        if let Err(error) = swept {
            tracing::warn!(error.message = %error, "what is due cannot be sent");
        }
        tokio::select! {
            () = tokio::time::sleep(SWEEP_INTERVAL) => {}
            () = stop_requested(&mut stopped) => return,
        }
    }
}
