#![doc = include_str!("../README.md")]

mod changes;
pub mod channels;
pub mod guard;
mod routes;

pub use changes::{Change, changes};
pub use routes::Routes;
