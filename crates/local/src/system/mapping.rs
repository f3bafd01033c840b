//! Lambda's event-source mapping of the inbox: takes messages in batches, hands them to digest, deletes what was
//! digested and leaves the rest to be delivered again.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use embedded::sqs::Received;
use tokio::sync::watch;
use tokio::time::sleep;

use super::{Stack, told};

/// A batch as large as a Lambda invocation's payload may be.
const MAX_MESSAGES: usize = 5_000;
const MAX_BYTES: u64 = 6 << 20;
/// Whom a batch is taken from by a crash gets it back after this.
const VISIBILITY: Duration = Duration::from_secs(60);
/// How long a batch waits for more messages. A few are worth no wait that a person would notice; many mean a storm, in
/// which larger batches cost fewer writes.
const WINDOW: Duration = Duration::from_millis(50);
const STORM_WINDOW: Duration = Duration::from_millis(300);
const STORM: usize = 64;
/// How long to wait when the queue itself fails.
const PAUSE: Duration = Duration::from_secs(1);

/// Runs until `stopped`, and then until the inbox is empty.
pub(super) async fn run(stack: Arc<Stack>, mut stopped: watch::Receiver<bool>) {
    let mut size = Size::default();
    loop {
        let arrived = tokio::select! {
            arrived = stack.inbox().arrived() => arrived,
            () = told(&mut stopped) => return drain(&stack, size).await,
        };
        let digested = match arrived {
            Ok(()) => batch(&stack, &mut size).await,
            Err(error) => Err(error),
        };
        if let Err(error) = digested {
            tracing::error!(error.message = %error, "the inbox cannot be read");
            sleep(PAUSE).await;
        }
    }
}

/// Digests what is in the inbox now; what fails stays for the next start.
async fn drain(stack: &Stack, mut size: Size) {
    while let Ok(1..) = batch(stack, &mut size).await {}
}

/// How many messages the next batch may have. The first has one, and each may have twice as many as the one before if
/// that came back with anything done: a message that the process dies of is delivered again at the head of the queue,
/// and soon alone; it takes no neighbours into the dead-letter queue. And a process that is killed again and again gets
/// something done in between.
#[derive(Clone, Copy, Debug)]
struct Size(usize);

impl Default for Size {
    fn default() -> Self {
        Self(1)
    }
}

impl Size {
    fn after(self, received: usize, done: usize) -> Self {
        match done {
            0 if received > 0 => Self::default(),
            _ => Self((self.0 * 2).min(MAX_MESSAGES)),
        }
    }
}

/// Takes one batch through; returns how many messages it had.
async fn batch(stack: &Stack, size: &mut Size) -> Result<usize, embedded::Error> {
    let queue = stack.inbox();
    let most = size.0;
    let mut received = queue.receive(most, MAX_BYTES, VISIBILITY).await?;
    if received.is_empty() {
        return Ok(0);
    }
    if received.len() < most {
        sleep(if received.len() < STORM { WINDOW } else { STORM_WINDOW }).await;
        let bytes: usize = received.iter().map(|message| message.body.len()).sum();
        let (messages, bytes) = (most - received.len(), MAX_BYTES.saturating_sub(bytes as u64));
        received.extend(queue.receive(messages, bytes, VISIBILITY).await?);
    }
    let failed: HashSet<_> = stack.digest(&mut received).await.into_iter().collect();
    let (again, done): (Vec<_>, Vec<_>) =
        received.iter().partition(|message| failed.contains(message.message_id.as_str()));
    *size = size.after(received.len(), done.len());
    queue.delete(done.iter().map(|message| &message.receipt_handle)).await?;
    for message in &again {
        queue.change_visibility([&message.receipt_handle], wait(message)).await?;
    }
    Ok(done.len())
}

/// How long a message that failed waits for its next delivery: a second at first, then twice as long each time.
fn wait(message: &Received) -> Duration {
    Duration::from_secs(1 << message.receive_count.saturating_sub(1).min(5))
}

#[cfg(test)]
mod tests {
    use super::{MAX_MESSAGES, Size};

    /// Batches grow while they come back, and begin anew with one message when nothing does.
    #[test]
    fn batches_grow_while_they_come_back() {
        let grown = (0..20).fold(Size::default(), |size, _| size.after(size.0, 1));
        assert_eq!(grown.0, MAX_MESSAGES);
        assert_eq!(grown.after(3, 0).0, 1);
        assert_eq!(Size::default().after(0, 0).after(1, 1).0, 4);
    }
}
