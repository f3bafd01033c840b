//! Does what Lambda's event source mapping does for the inbox: receives messages in batches, passes them to the
//! processor, deletes those that were processed, and leaves the others to be delivered again.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use embedded::sqs::Received;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio::time::sleep;

use super::{Stack, stop_requested};

/// Maximum size of a batch: the same as a Lambda invocation's payload.
const MAX_MESSAGES: usize = 5_000;
const MAX_BYTES: u64 = 6 << 20;
/// Visibility timeout: how soon the messages of a crashed consumer are delivered again.
const VISIBILITY: Duration = Duration::from_secs(60);
/// How long a batch waits for more messages: too short for a person to notice. If at least `STORM` messages arrive in
/// that time, the batch waits again, up to a second in total, because larger batches cost fewer writes.
const WINDOW: Duration = Duration::from_millis(50);
const STORM: usize = 32;
const MAX_WINDOWS: usize = 20;
/// How long to wait after the queue itself fails.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// How many batches are processed at the same time: while one is committed, the next is unpacked and read.
const AT_ONCE: usize = 2;

/// Runs until `stopped`, and then until the inbox is empty. `left` is the number of messages in it that an earlier
/// process received but did not process.
pub(super) async fn run(stack: Arc<Stack>, left: u64, mut stopped: watch::Receiver<bool>) {
    let mut mapping = Mapping { stack, size: Size::first(left), under_way: JoinSet::new() };
    loop {
        let done = tokio::select! {
            Some(batch) = mapping.under_way.join_next() => mapping.end(batch).map(drop),
            arrived = mapping.stack.inbox().arrived(), if mapping.has_room() => match arrived {
                Ok(()) => mapping.begin().await.map(drop),
                Err(error) => Err(error.into()),
            },
            () = stop_requested(&mut stopped) => return mapping.drain().await,
        };
        mapping.stack.note("processor", &done);
        if let Err(error) = done {
            tracing::error!(error.message = %error, "failed to process a batch of the inbox");
            sleep(RETRY_INTERVAL).await;
        }
    }
}

struct Mapping {
    stack: Arc<Stack>,
    size: Size,
    under_way: JoinSet<Result<Ended, embedded::Error>>,
}

/// Numbers of messages in a batch that were received and processed.
struct Ended {
    received: usize,
    done: usize,
}

impl Mapping {
    fn has_room(&self) -> bool {
        self.under_way.len() < self.size.at_once()
    }

    /// Receives a batch and starts to process it. Returns its number of messages.
    async fn begin(&mut self) -> anyhow::Result<usize> {
        let stack = self.stack.clone();
        let _run = stack.begin("processor");
        let received = receive(&stack, self.size.most).await?;
        let count = received.len();
        if count > 0 {
            self.under_way.spawn(process(stack.clone(), received));
        }
        Ok(count)
    }

    /// Adjusts the size of the next batch. Returns how many messages were processed.
    fn end(&mut self, batch: Result<Result<Ended, embedded::Error>, JoinError>) -> anyhow::Result<usize> {
        let Ended { received, done } = batch??;
        self.size = self.size.after(received, done);
        Ok(done)
    }

    /// Processes the messages in the inbox. Those that fail stay for the next start.
    async fn drain(mut self) {
        loop {
            let mut stuck = false;
            // Wait for all batches, even if one fails: a batch that is cut off would leave processed messages
            // undeleted.
            while let Some(batch) = self.under_way.join_next().await {
                stuck |= !matches!(self.end(batch), Ok(1..));
            }
            if stuck || !matches!(self.begin().await, Ok(1..)) {
                return;
            }
        }
    }
}

/// The maximum number of messages in the next batch.
///
/// If an earlier process died while it processed, the first batch has one message. Each following batch may have twice
/// as many if the one before it processed anything, but at most [`FEW`] until all messages left by the earlier process
/// are done. A message that kills the process is delivered again at the head of the queue, soon alone, so it takes no
/// other messages into the dead-letter queue. And a process that is killed again and again makes progress in between.
///
/// If a batch runs out of time, the next one has only as many messages as were processed in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Size {
    most: usize,
    /// How many of the next messages may have killed an earlier process.
    left: usize,
}

/// Maximum number of messages in a batch that may contain one that killed an earlier process.
const FEW: usize = 64;

impl Size {
    fn first(left: u64) -> Self {
        let left = usize::try_from(left).unwrap_or(usize::MAX);
        Self { most: if left == 0 { MAX_MESSAGES } else { 1 }, left }
    }

    fn after(self, received: usize, done: usize) -> Self {
        let left = self.left.saturating_sub(received);
        let most = match done {
            0 => 1,
            // The machine is too slow to process a batch of this size in its time.
            done if done < received / 2 => done,
            _ => (self.most * 2).min(if left == 0 { MAX_MESSAGES } else { FEW }),
        };
        Self { most, left }
    }

    /// Returns 1 until batches have their full size, so that a message that kills the process has few others with it.
    fn at_once(self) -> usize {
        if self.most == MAX_MESSAGES { AT_ONCE } else { 1 }
    }
}

/// Receives up to `most` messages from the inbox. If there are fewer, it waits a little for more, and longer during a
/// storm.
async fn receive(stack: &Stack, most: usize) -> Result<Vec<Received>, embedded::Error> {
    let queue = stack.inbox();
    let mut received = queue.receive(most, MAX_BYTES, VISIBILITY).await?;
    for _ in 0..MAX_WINDOWS {
        let bytes: u64 = received.iter().map(|message| message.body.len() as u64).sum();
        if received.is_empty() || received.len() >= most || bytes >= MAX_BYTES {
            break;
        }
        sleep(WINDOW).await;
        let more = queue.receive(most - received.len(), MAX_BYTES - bytes, VISIBILITY).await?;
        let is_storm = more.len() >= STORM;
        received.extend(more);
        if !is_storm {
            break;
        }
    }
    Ok(received)
}

/// Processes one batch. Deletes the processed messages, and delays the others.
async fn process(stack: Arc<Stack>, mut received: Vec<Received>) -> Result<Ended, embedded::Error> {
    let _run = stack.begin("processor");
    let queue = stack.inbox();
    let failed: HashSet<_> = stack.process(&mut received).await.into_iter().collect();
    let (again, done): (Vec<_>, Vec<_>) =
        received.iter().partition(|message| failed.contains(message.message_id.as_str()));
    queue.delete(done.iter().map(|message| &message.receipt_handle)).await?;
    for message in &again {
        queue.change_visibility([&message.receipt_handle], wait(message)).await?;
    }
    Ok(Ended { received: received.len(), done: done.len() })
}

/// How long a failed message waits for its next delivery: one second at first, then twice as long each time, up to 32.
fn wait(message: &Received) -> Duration {
    Duration::from_secs(1 << message.receive_count.saturating_sub(1).min(5))
}

#[cfg(test)]
mod tests {
    use super::{AT_ONCE, MAX_MESSAGES, Size};

    /// Batches are large from the start, restart with one message after a batch in which nothing was processed, and
    /// grow again.
    #[test]
    fn batches_grow_while_messages_are_processed() {
        let first = Size::first(0);
        assert_eq!((first.most, first.at_once()), (MAX_MESSAGES, AT_ONCE));
        let shrunk = first.after(3, 0);
        assert_eq!((shrunk.most, shrunk.at_once()), (1, 1));
        assert_eq!(shrunk.after(1, 1).after(2, 1).most, 4);
        assert_eq!((0..20).fold(shrunk, |size, _| size.after(size.most, size.most)), first);
        // On a slow machine, which processed 300 of 4,000 in time.
        assert_eq!(first.after(4_000, 300).most, 300);
    }

    /// A message that kills the process is soon nearly alone in its batch, wherever it was in the last batches of that
    /// process.
    #[test]
    fn a_message_that_kills_the_process_is_soon_nearly_alone() {
        for place in (0..2 * MAX_MESSAGES).step_by(7) {
            let (mut before, mut left) = (place, 2 * MAX_MESSAGES);
            let mut company = MAX_MESSAGES;
            // The first delivery was in the full batch; the fifth is the last.
            for _ in 2..=5 {
                let mut size = Size::first(left as u64);
                assert_eq!(size.at_once(), 1);
                while before >= size.most {
                    (before, left) = (before - size.most, left - size.most);
                    size = size.after(size.most, size.most);
                }
                company = size.most;
            }
            assert!(company <= 16, "{company} messages at the last delivery of the one at {place}");
        }
    }
}
