//! The protocol of Rollbar's clients: one item for each request.

mod frames;
mod item;
mod normalise;
mod request;
mod telemetry;
#[cfg(test)]
mod tests;

pub use item::{RollbarItem, find_token};
pub use normalise::normalise;
