#![doc = include_str!("../README.md")]

pub mod announced;
pub mod audit;
pub mod cost;
pub mod error;
pub mod id;
pub mod json;
pub mod number;
pub mod occurrence;
pub mod outcome;
pub mod project;
pub mod release;
pub mod sealed;
pub mod text;
pub mod time;
pub mod timeline;
pub mod user;
