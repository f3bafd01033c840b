//! The inbox.

mod queue;

pub use queue::Queue;
