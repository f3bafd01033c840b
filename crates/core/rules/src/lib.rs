//! Notification rules: who is notified of which errors, and when.

mod dead_letter;
mod document;
pub mod lane;
mod link;
mod message;
pub mod posted;
mod rule;
mod secret;
pub mod target;

pub use dead_letter::{DeadNotice, UndeliveredLetter};
pub use link::{LinkFacts, expand_link};
pub use message::{Message, Notification, Overflow, Trigger};
pub use rule::{Decision, Hooks, Rule, Rules, Timing};
pub use secret::{SEALED, Secret};
pub use target::Target;
