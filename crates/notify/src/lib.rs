#![doc = include_str!("../README.md")]

mod changes;
pub mod channels;
pub mod guard;

pub use changes::{Change, changes};
