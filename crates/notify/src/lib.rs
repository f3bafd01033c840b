#![doc = include_str!("../README.md")]

mod changes;
pub mod channels;

pub use changes::{Change, changes};
