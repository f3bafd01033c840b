//! The Sentry protocol of the official SDKs: framing, credentials, and the conversion of events into
//! [`Occurrence`](model::occurrence::Occurrence)s. It accepts more than Sentry's own server does: an invalid value does
//! not lose the event, and an invalid item does not lose the other items.

mod attachment_tally;
pub mod auth;
pub mod crash;
mod envelope;
pub mod feedback;
pub(crate) mod moment;
mod normalise;
mod peek;
pub mod security;

pub use envelope::{
    Envelope, EnvelopeItem, Header, ItemKind, MAX_EVENTS, MAX_HEADER, MAX_HEADER_WITHOUT_KEY, MAX_ITEM_HEADER,
    MAX_ITEMS, MAX_STORED, Reader,
};
pub use normalise::{Received, crash_place, normalise};
pub(crate) use peek::MAX_EVENT_MEMORY;
pub use peek::{MAX_EVENT, Peek, peek};
