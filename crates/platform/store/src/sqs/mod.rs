//! The inbox, and what became of messages that cannot be processed.

mod backlog;
mod dead_letters;
mod queue;

pub use dead_letters::DeadLetterQueue;
pub use queue::Queue;
