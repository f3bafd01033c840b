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
use store::clock::Clock;
use store::ports::{Configs, Errors, Links, Occurrences, Outbox, Projects, Sealer, Segments, Undelivered};

/// The function's logic: reads the stream, and delivers notifications.
pub struct Notify {
    projects: Arc<dyn Projects>,
    errors: Arc<dyn Errors>,
    occurrences: Arc<dyn Occurrences>,
    segments: Arc<dyn Segments>,
    configs: Arc<dyn Configs>,
    links: Arc<dyn Links>,
    outbox: Arc<dyn Outbox>,
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
    /// Finds projects.
    pub projects: Arc<dyn Projects>,
    /// Reads errors, and ends their mutes.
    pub errors: Arc<dyn Errors>,
    /// Finds the segment and frame of occurrences.
    pub occurrences: Arc<dyn Occurrences>,
    /// Reads occurrences.
    pub segments: Arc<dyn Segments>,
    /// Stores rules, posted configs and issue keys, all of them sealed.
    pub configs: Arc<dyn Configs>,
    /// Stores the issues of errors in trackers.
    pub links: Arc<dyn Links>,
    /// Stores notifications that are not delivered yet.
    pub outbox: Arc<dyn Outbox>,
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
            projects: parts.projects,
            errors: parts.errors,
            occurrences: parts.occurrences,
            segments: parts.segments,
            configs: parts.configs,
            links: parts.links,
            outbox: parts.outbox,
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
