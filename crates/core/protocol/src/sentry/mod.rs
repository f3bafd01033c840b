//! The Sentry protocol, as every official SDK speaks it: framing, credentials, and the events themselves turned into
//! [`Occurrence`](model::occurrence::Occurrence)s. What it takes is more than what Sentry's own server takes: a fault
//! costs the value it is in, never the event, and a fault in one item never its neighbours.

pub mod auth;
pub mod crash;
mod envelope;
mod moment;
mod normalise;
mod peek;
pub mod security;

pub use envelope::{
    Envelope, EnvelopeItem, Header, ItemKind, MAX_EVENTS, MAX_HEADER, MAX_HEADER_WITHOUT_KEY, MAX_ITEM_HEADER,
    MAX_ITEMS, MAX_STORED, Reader,
};
pub use normalise::{Received, normalise};
pub use peek::{MAX_EVENT, Peek, peek};
