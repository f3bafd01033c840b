//! Lambda's event-source mapping of the inbox: takes messages in batches, hands them to the processor, deletes what was
//! processed and leaves the rest to be delivered again.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use embedded::sqs::Received;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio::time::sleep;

use super::{Stack, stop_requested};

/// A batch as large as a Lambda invocation's payload may be.
const MAX_MESSAGES: usize = 5_000;
const MAX_BYTES: u64 = 6 << 20;
/// Whom a batch is taken from by a crash gets it back after this.
const VISIBILITY: Duration = Duration::from_secs(60);
/// How long a batch waits for more messages: no wait that a person would notice. If so many came in that time that it is a
/// storm, the batch waits again, up to a second: larger batches cost fewer writes.
const WINDOW: Duration = Duration::from_millis(50);
const STORM: usize = 32;
const MAX_WINDOWS: usize = 20;
/// How long to wait when the queue itself fails.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// How many batches are processed at once: while one is committed, the next is unpacked and read.
const AT_ONCE: usize = 2;

/// Runs until `stopped`, and then until the inbox is empty. `left` messages of it were received, and not processed, by a
/// process before this one.
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
            tracing::error!(error.message = %error, "a batch of the inbox is not done");
            sleep(RETRY_INTERVAL).await;
        }
    }
}

struct Mapping {
    stack: Arc<Stack>,
    size: Size,
    under_way: JoinSet<Result<Ended, embedded::Error>>,
}

/// How many messages a batch had, and how many of them are done.
struct Ended {
    received: usize,
    done: usize,
}

impl Mapping {
    fn has_room(&self) -> bool {
        self.under_way.len() < self.size.at_once()
    }

    /// Takes a batch, and has it processed; returns how many messages it has.
    async fn begin(&mut self) -> anyhow::Result<usize> {
        let received = receive(&self.stack, self.size.most).await?;
        let count = received.len();
        if count > 0 {
            self.under_way.spawn(process(self.stack.clone(), received));
        }
        Ok(count)
    }

    /// Returns how many messages are done.
    fn end(&mut self, batch: Result<Result<Ended, embedded::Error>, JoinError>) -> anyhow::Result<usize> {
        let Ended { received, done } = batch??;
        self.size = self.size.after(received, done);
        Ok(done)
    }

    /// Processes what is in the inbox now; what fails stays for the next start.
    async fn drain(mut self) {
        loop {
            let mut stuck = false;
            // All of them, whatever becomes of one: whoever is cut off leaves what is done undeleted.
            while let Some(batch) = self.under_way.join_next().await {
                stuck |= !matches!(self.end(batch), Ok(1..));
            }
            if stuck || !matches!(self.begin().await, Ok(1..)) {
                return;
            }
        }
    }
}

/// How many messages the next batch may have. After a process that died while it processed, the first has one, and each
/// may have twice as many as the one before if that came back with anything done, but few until what was left is done: a
/// message that the process dies of is delivered again at the head of the queue, and soon alone; it takes no neighbours
/// into the dead-letter queue. And a process that is killed again and again gets something done in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Size {
    most: usize,
    /// How many messages there may be that a process before this one died of.
    left: usize,
}

/// The most messages of a batch, while there is one among them that a process may have died of.
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
            _ => (self.most * 2).min(if left == 0 { MAX_MESSAGES } else { FEW }),
        };
        Self { most, left }
    }

    /// One batch at a time until they are as large as they get: what the process dies of then has few neighbours.
    fn at_once(self) -> usize {
        if self.most == MAX_MESSAGES { AT_ONCE } else { 1 }
    }
}

/// Takes up to `most` messages out of the inbox; waits a little for company if there are fewer, and longer while a storm
/// goes on.
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

/// Takes one batch through.
async fn process(stack: Arc<Stack>, mut received: Vec<Received>) -> Result<Ended, embedded::Error> {
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

/// How long a message that failed waits for its next delivery: a second at first, then twice as long each time.
fn wait(message: &Received) -> Duration {
    Duration::from_secs(1 << message.receive_count.saturating_sub(1).min(5))
}

#[cfg(test)]
mod tests {
    use super::{AT_ONCE, MAX_MESSAGES, Size};

    /// Batches are large from the start, begin anew with one message when nothing of one came back, and grow again.
    #[test]
    fn batches_grow_while_they_come_back() {
        let first = Size::first(0);
        assert_eq!((first.most, first.at_once()), (MAX_MESSAGES, AT_ONCE));
        let shrunk = first.after(3, 0);
        assert_eq!((shrunk.most, shrunk.at_once()), (1, 1));
        assert_eq!(shrunk.after(1, 1).after(2, 1).most, 4);
        assert_eq!((0..20).fold(shrunk, |size, _| size.after(size.most, 1)), first);
    }

    /// A message that the process dies of is soon nearly alone, wherever it was in the last batches of the process.
    #[test]
    fn what_a_process_died_of_is_soon_alone() {
        for place in (0..2 * MAX_MESSAGES).step_by(7) {
            let (mut before, mut left) = (place, 2 * MAX_MESSAGES);
            let mut company = MAX_MESSAGES;
            // The first delivery was the one in the full batch; the fifth is the last.
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
