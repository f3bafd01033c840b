//! The stack in one process.

mod engines;
mod expiry;
mod mapping;
mod stack;
mod stream;
mod stream_poller;
mod upkeep;

use std::path::PathBuf;
use std::sync::Arc;

pub use engines::{Resources, stored_bytes, stored_keys};
use notify::PublicUrl;
use notify::channels::Notifier;
use notify::guard::Destinations;
pub use stack::Stack;
use store::clock::{Clock, SystemClock};
pub use stream::Stream;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Where everything is kept.
#[derive(Clone, Debug)]
pub enum DataLocation {
    /// In this process, until it ends.
    Memory,
    /// In a directory, which one process at a time may use.
    Directory(PathBuf),
}

/// How to run the system.
#[derive(Clone)]
pub struct SystemSettings {
    /// Where everything is kept.
    pub place: DataLocation,
    /// The admin key; made and kept if none is given.
    pub admin_key: Option<String>,
    /// For how many days occurrences are kept, of projects that do not say so themselves.
    pub retention_days: u32,
    /// The time and randomness of the use cases.
    pub clock: Arc<dyn Clock>,
    /// Where messages may go.
    pub destinations: Destinations,
    /// How messages are sent, if not by the real channels.
    pub channels: Option<Arc<dyn Notifier>>,
    /// Where errors are looked at, for the links in messages.
    pub public_url: Option<PublicUrl>,
}

impl SystemSettings {
    /// The defaults, at `place`.
    pub fn at(place: DataLocation) -> Self {
        let (clock, destinations) = (Arc::new(SystemClock), Destinations::default());
        Self { place, admin_key: None, retention_days: 90, clock, destinations, channels: None, public_url: None }
    }
}

/// The stack with all that runs by itself.
pub struct System {
    stack: Arc<Stack>,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl System {
    /// Opens the stack and starts processing.
    pub async fn start(settings: SystemSettings) -> anyhow::Result<Self> {
        let stack = Arc::new(Stack::open(&settings).await?);
        // What the process before this one was processing when it died waits for nobody.
        let left = stack.inbox().release().await?;
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        tasks.spawn(mapping::run(stack.clone(), left, stopped.clone()));
        tasks.spawn(stream_poller::run(stack.clone(), stack.stream().await?, stopped.clone()));
        tasks.spawn(stream_poller::sweep(stack.clone(), stopped.clone()));
        tasks.spawn(upkeep::run(stack.clone(), stopped));
        Ok(Self { stack, stop, tasks })
    }

    /// The stack.
    pub fn stack(&self) -> &Stack {
        &self.stack
    }

    /// Processes what is in the inbox and stops. Requests must have been answered before.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        while self.tasks.join_next().await.is_some() {}
    }
}

/// Waits until the system is told to stop, or is gone.
async fn stop_requested(stopped: &mut watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stopped| *stopped).await;
}
