//! The inbox, its dead-letter queue, and the dead-letter queue of notifications.

mod backlog;
mod dead_letters;
mod move_tasks;
mod queue;

pub use dead_letters::DeadLetterQueue;
pub use queue::Queue;
