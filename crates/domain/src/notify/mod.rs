//! When to tell whom, and what.

pub mod lane;
mod sealed;
mod secret;
pub mod target;
mod telling;

pub use sealed::Sealed;
pub use secret::Secret;
pub use target::Target;
pub use telling::{Notice, Telling, Why};
