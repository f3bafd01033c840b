//! The time and the random numbers that the use cases pass to the `core` crates.

use std::time::{SystemTime, UNIX_EPOCH};

use model::time::Timestamp;

/// A source of time and random numbers. Tests replace it to control both.
pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;

    /// Returns 128 random bits, good enough for keys.
    fn random(&self) -> u128;
}

/// The clock and random numbers of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }

    fn random(&self) -> u128 {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).expect("the operating system has random numbers");
        u128::from_ne_bytes(bytes)
    }
}
