#![doc = include_str!("../README.md")]

mod connection;
mod latency;
mod load;
mod pace;
pub mod process;
mod target;
mod workload;

pub use latency::Latencies;
pub use load::{Load, Outcome};
pub use pace::Pace;
pub use target::{BenchTarget, NotHere};
pub use workload::{EventForm, Likeness, TooSmall, Workload};
