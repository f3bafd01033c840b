//! When to tell whom, and what.

pub mod lane;
pub mod posted;
mod sealed;
mod secret;
pub mod target;
mod telling;

pub use sealed::Sealed;
pub use secret::Secret;
pub use target::Target;
pub use telling::{Notice, Telling, Why};
