//! When to tell whom, and what.

mod document;
pub mod lane;
mod letter;
mod link;
pub mod posted;
mod rule;
mod secret;
pub mod target;
mod telling;

pub use letter::{DeadNotice, UndeliveredLetter};
pub use link::{LinkFacts, link};
pub use rule::{Decision, Hooks, Rule, Rules, When};
pub use secret::{SEALED, Secret};
pub use target::Target;
pub use telling::{Held, Notice, Telling, Why};
