#![doc = include_str!("../README.md")]

mod access;
pub mod args;
pub mod cli;
pub mod openapi;
pub mod serve;
pub mod system;

pub use access::{Access, ProjectAccess};
