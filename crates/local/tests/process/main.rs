//! The binary as a person or a program runs it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod dlq;
mod kill;
mod running;
mod serve;
