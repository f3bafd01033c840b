//! The stack in one process, with everything that runs in the background.

mod engines;
mod expiry;
mod mapping;
mod restored;
mod room;
mod stack;
mod stream;
mod stream_poller;
mod upkeep;

use std::path::PathBuf;
use std::sync::Arc;

pub use engines::{Resources, stored_bytes, stored_keys};
use notify::PublicUrl;
use notify::channels::{Mailer, Notifier};
use notify::guard::Destinations;
pub use restored::forget_unsent;
pub use stack::Stack;
use store::clock::{Clock, SystemClock};
pub use stream::{POSITION_FILE, Stream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Where data is stored.
#[derive(Clone, Debug)]
pub enum DataLocation {
    /// In the memory of this process, until it ends.
    Memory,
    /// In a directory, which only one process at a time can use.
    Directory(PathBuf),
}

/// Settings of the system.
#[derive(Clone)]
pub struct SystemSettings {
    /// Where data is stored.
    pub place: DataLocation,
    /// The admin key; if it is `None`, one is created and saved.
    pub admin_key: Option<String>,
    /// Days to keep occurrences of projects without a setting of their own.
    pub retention_days: u32,
    /// The source of time and randomness.
    pub clock: Arc<dyn Clock>,
    /// Where notifications may be sent.
    pub destinations: Destinations,
    /// Sends email, if it is set up.
    pub mailer: Option<Arc<dyn Mailer>>,
    /// A replacement for the real channels, for tests.
    pub channels: Option<Arc<dyn Notifier>>,
    /// The public URL, for links in notifications.
    pub public_url: Option<PublicUrl>,
}

impl SystemSettings {
    /// Returns the default settings with data at `place`.
    pub fn at(place: DataLocation) -> Self {
        Self {
            place,
            admin_key: None,
            retention_days: 90,
            clock: Arc::new(SystemClock),
            destinations: Destinations::default(),
            mailer: None,
            channels: None,
            public_url: None,
        }
    }
}

/// The stack with its background tasks.
pub struct System {
    stack: Arc<Stack>,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl System {
    /// Opens the stack and starts processing.
    pub async fn start(settings: SystemSettings) -> anyhow::Result<Self> {
        let stack = Arc::new(Stack::open(&settings).await?);
        // Messages that an earlier process had received when it died are made visible at once.
        let left = stack.inbox().release().await?;
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        tasks.spawn(mapping::run(stack.clone(), left, stopped.clone()));
        tasks.spawn(stream_poller::run(stack.clone(), stack.stream()?, stopped.clone()));
        tasks.spawn(stream_poller::sweep(stack.clone(), stopped.clone()));
        tasks.spawn(upkeep::run(stack.clone(), stopped));
        Ok(Self { stack, stop, tasks })
    }

    /// Returns the stack that the background tasks work on.
    pub fn stack(&self) -> &Stack {
        &self.stack
    }

    /// Processes the inbox and stops. All requests must have been answered before.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        while self.tasks.join_next().await.is_some() {}
    }
}

/// Waits until the system is stopped or dropped.
async fn stop_requested(stopped: &mut watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stopped| *stopped).await;
}
