#![doc = include_str!("../README.md")]

pub mod event_index;
pub mod inbox;
pub mod segment;
