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

/// What notify needs.
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

/// The ports of a [`Notify`], and its settings.
pub struct Parts {
    /// The projects, and their rules.
    pub projects: Arc<dyn Projects>,
    /// The errors.
    pub errors: Arc<dyn Errors>,
    /// Where their occurrences are.
    pub occurrences: Arc<dyn Occurrences>,
    /// The occurrences.
    pub segments: Arc<dyn Segments>,
    /// What was posted with errors.
    pub configs: Arc<dyn Configs>,
    /// What errors are called elsewhere.
    pub links: Arc<dyn Links>,
    /// The notifications that are still to be sent.
    pub outbox: Arc<dyn Outbox>,
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
