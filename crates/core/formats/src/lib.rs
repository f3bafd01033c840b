#![doc = include_str!("../README.md")]

pub mod directory;
pub mod inbox;
pub mod segment;
