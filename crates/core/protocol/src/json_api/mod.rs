//! faultline's own JSON API, as its 1.x clients speak it: what they post, and what they expect to read.

mod body;
mod normalise;
mod post;

pub use body::{MAX_ERRORS, Parsed, Taken};
pub use normalise::normalise;
pub use post::{Item, Post};
