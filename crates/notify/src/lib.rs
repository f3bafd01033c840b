#![doc = include_str!("../README.md")]

mod changes;

pub use changes::{Change, changes};
