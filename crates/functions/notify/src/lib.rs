#![doc = include_str!("../README.md")]

pub mod channels;
mod deadline;
mod deliver;
pub mod guard;
mod hooks;
mod marker;
mod mutes;
mod pages;
mod public_url;
mod record;
mod routes;
mod rule_cache;
mod watch;

use std::sync::Arc;

use channels::Notifier;
pub use deadline::Deadline;
use deliver::Circuits;
pub use deliver::Redriven;
pub use public_url::PublicUrl;
pub use record::Record;
pub use routes::{Routes, describe};
use rule_cache::RuleCache;
pub use rules::DeadNotice;
use store::Stores;
use store::clock::Clock;
use store::ports::{Sealer, Undelivered};

/// The function's logic: reads the stream, and delivers notifications.
pub struct Notify {
    stores: Stores,
    undelivered: Arc<dyn Undelivered>,
    sealer: Option<Arc<dyn Sealer>>,
    channels: Arc<dyn Notifier>,
    clock: Arc<dyn Clock>,
    public_url: Option<PublicUrl>,
    rule_cache: RuleCache,
    circuits: Circuits,
}

/// The ports and settings of a [`Notify`].
pub struct Parts {
    pub stores: Stores,
    /// The dead-letter queue of notifications.
    pub undelivered: Arc<dyn Undelivered>,
    /// Opens rules and configs. Without it, the stack has none.
    pub sealer: Option<Arc<dyn Sealer>>,
    /// Sends messages to their targets.
    pub channels: Arc<dyn Notifier>,
    /// The source of time and randomness.
    pub clock: Arc<dyn Clock>,
    /// The URL of the web pages. Without it, messages have no links to faultline.
    pub public_url: Option<PublicUrl>,
}

impl Notify {
    /// Creates a `Notify` with empty caches.
    pub fn new(parts: Parts) -> Self {
        Self {
            stores: parts.stores,
            undelivered: parts.undelivered,
            sealer: parts.sealer,
            channels: parts.channels,
            clock: parts.clock,
            public_url: parts.public_url,
            rule_cache: RuleCache::default(),
            circuits: Circuits::default(),
        }
    }
}
