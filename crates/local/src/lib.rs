#![doc = include_str!("../README.md")]

mod access;
pub mod args;
pub mod dlq;
pub mod explain;
pub mod openapi;
pub mod send;
pub mod serve;
pub mod system;

pub use access::{Access, ProjectAccess};

/// Prints a command's answer.
#[expect(clippy::print_stdout, reason = "standard output is what a command line is for")]
fn println(text: &str) {
    println!("{text}");
}
