//! An estimate of faultline's AWS bill, from the events that a running stack counted and from list prices.
//!
//! The figures are those of `cargo bench -p faultline-tests --bench cost`, which counts the calls of the real code and
//! has the price list. A test in `tests/stories` compares them.

use std::ops::RangeInclusive;

use crate::time::Timestamp;

/// The date of the price list (us-east-1, without free tiers).
pub const PRICES: &str = "2026-10-08";
/// Cost of a month without events, in dollars. Low end: on-demand capacity. High end: provisioned capacity.
pub const IDLE: RangeInclusive<f64> = 1.48..=5.35;
/// Cost of a million events of known errors, in dollars. Low end: a storm of one error. High end: one event every 30
/// seconds with on-demand capacity, so that each event pays for a batch of its own. The first event of a new error
/// costs up to twice as much.
pub const MILLION: RangeInclusive<f64> = 1.76..=17.26;

/// Estimates the cost of the current month so far, in dollars. `now` is in that month, and `events` were counted in it.
pub fn so_far(events: u64, now: Timestamp) -> RangeInclusive<f64> {
    let (start, end) = now.month();
    let part = (now.seconds() - start.seconds()) as f64 / (end.seconds() - start.seconds()) as f64;
    let cost = |idle: &f64, million: &f64| idle * part + million * events as f64 / 1e6;
    cost(IDLE.start(), MILLION.start())..=cost(IDLE.end(), MILLION.end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_month_and_two_million_events() {
        let cost = so_far(2_000_000, Timestamp::parse("2026-11-16T00:00:00Z").unwrap());
        let expected = [1.48 / 2.0 + 2.0 * 1.76, 5.35 / 2.0 + 2.0 * 17.26];
        for (cost, expected) in [*cost.start(), *cost.end()].into_iter().zip(expected) {
            assert!((cost - expected).abs() < 0.001, "{cost}");
        }
    }
}
