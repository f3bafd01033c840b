//! The Sentry protocol, as every official SDK speaks it: framing, credentials, and the events themselves turned into
//! [`Occurrence`](crate::occurrence::Occurrence)s. What it takes is more than what Sentry's own server takes: a fault
//! costs the value it is in, never the event, and a fault in one item never its neighbours.

pub mod auth;
mod envelope;
mod normalise;
mod peek;
pub mod security;
mod title;

pub use envelope::{Envelope, Header, Item, ItemKind, MAX_ITEMS};
pub use normalise::{Received, normalise};
pub use peek::{Peek, peek};
pub use title::title;
