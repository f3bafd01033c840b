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

/// What notify needs.
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

/// The ports of a [`Notify`], and its settings.
pub struct Parts {
    pub stores: Stores,
    /// The dead-letter queue of notifications.
    pub undelivered: Arc<dyn Undelivered>,
    /// Opens rules and configs; without it there are none.
    pub sealer: Option<Arc<dyn Sealer>>,
    /// Sends the messages.
    pub channels: Arc<dyn Notifier>,
    /// The time and randomness.
    pub clock: Arc<dyn Clock>,
    /// Where errors are looked at; without it messages have no link of faultline's own.
    pub public_url: Option<PublicUrl>,
}

impl Notify {
    /// With these parts.
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
