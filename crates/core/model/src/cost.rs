//! What faultline costs in AWS, as far as a running stack can say it: by what it counted, and by list prices.
//!
//! The figures are those of `cargo bench -p faultline-tests --bench cost`, which counts the calls of the real code and has
//! the price list; a story holds them against it.

use std::ops::RangeInclusive;

use crate::time::Timestamp;

/// The day of the price list (us-east-1, without free tiers).
pub const PRICES: &str = "2026-10-08";
/// Dollars of a month while nothing comes: from capacity on demand to provisioned capacity.
pub const IDLE: RangeInclusive<f64> = 1.28..=4.38;
/// Dollars of a million events of errors that were seen before: from a storm of one, to one event in half a minute with
/// capacity on demand, where each pays alone for its batch. One of a new error costs up to twice as much, once.
pub const MILLION: RangeInclusive<f64> = 1.76..=17.26;

/// What the month that `now` is in has cost by now, in dollars, with so many events.
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
        let expected = [1.28 / 2.0 + 2.0 * 1.76, 4.38 / 2.0 + 2.0 * 17.26];
        for (cost, expected) in [*cost.start(), *cost.end()].into_iter().zip(expected) {
            assert!((cost - expected).abs() < 0.001, "{cost}");
        }
    }
}
