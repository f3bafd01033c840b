#![doc = include_str!("../README.md")]

mod access;
pub mod args;
pub mod explain;
pub mod send;
pub mod serve;
pub mod system;

pub use access::{Access, ProjectAccess};
