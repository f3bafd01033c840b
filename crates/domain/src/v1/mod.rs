//! faultline's own JSON API, as its 1.x clients speak it: what they post, and what they expect to read.

mod message;
mod normalise;
mod post;
mod view;

pub use message::{fingerprint, truncate};
pub use normalise::normalise;
pub use post::{Item, Parsed, Post};
pub use view::{error_entry, occurrence_entry, timeline_entry};
