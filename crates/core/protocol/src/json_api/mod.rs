//! faultline's own JSON API, as clients of faultline v1 use it.

mod body;
mod normalise;
mod post;

pub use body::{MAX_ERRORS, Parsed, Taken};
pub use normalise::normalise;
pub use post::{Item, Post};
