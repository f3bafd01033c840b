//! faultline's own JSON API, as its 1.x clients speak it: what they post, and what they expect to read.

mod body;
mod message;
mod normalise;
mod post;
mod view;

pub use body::{MAX_ERRORS, Parsed, Taken};
pub use message::{fingerprint, truncate};
pub use normalise::normalise;
pub use post::{Item, Post};
pub use view::{ErrorEntry, TimelineEntry, error_entry, occurrence_entry, timeline_entry};
