//! When to tell whom, and what.

mod secret;
pub mod target;
mod telling;

pub use secret::Secret;
pub use target::Target;
pub use telling::{Notice, Telling, Why};
