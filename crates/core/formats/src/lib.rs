#![doc = include_str!("../README.md")]

pub mod event_index;
pub mod inbox;
pub mod inline_frame;
pub mod segment;
