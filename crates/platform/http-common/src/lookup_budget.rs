//! A bound on look-ups of keys that this process has never seen.

use std::sync::Arc;

use model::time::Timestamp;
use parking_lot::Mutex;

/// How many unknown keys may be looked up at once.
const BURST: u32 = 100;
/// After how many microseconds one more may be looked up.
const MICROS_PER_LOOKUP: i64 = 100_000;

/// A token bucket for look-ups of keys that this process has never seen: at most [`BURST`] at once, and ten a second. A
/// look-up that finds a key does not count, so only made-up keys use the budget up. Clones share it.
///
/// Anybody can send made-up keys, each different from all before. Without a bound, each would cost a read.
#[derive(Clone, Debug, Default)]
pub(crate) struct LookupBudget(Arc<Mutex<Used>>);

#[derive(Debug, Default)]
struct Used {
    lookups: u32,
    /// Up to when look-ups were given back by the passing of time.
    since: Option<Timestamp>,
}

impl LookupBudget {
    /// Takes one look-up at `now`. Returns whether there was one left.
    pub(crate) fn take(&self, now: Timestamp) -> bool {
        let mut used = self.0.lock();
        used.refill(now);
        let is_left = used.lookups < BURST;
        used.lookups += u32::from(is_left);
        is_left
    }

    /// Whether a look-up is left at `now`.
    pub(crate) fn is_left(&self, now: Timestamp) -> bool {
        let mut used = self.0.lock();
        used.refill(now);
        used.lookups < BURST
    }

    /// Gives a look-up back, because it found a key.
    pub(crate) fn give_back(&self) {
        let mut used = self.0.lock();
        used.lookups = used.lookups.saturating_sub(1);
    }
}

impl Used {
    fn refill(&mut self, now: Timestamp) {
        let since = *self.since.get_or_insert(now);
        let refilled = (now.micros() - since.micros()).div_euclid(MICROS_PER_LOOKUP);
        if refilled <= 0 {
            return;
        }
        self.lookups = self.lookups.saturating_sub(u32::try_from(refilled).unwrap_or(u32::MAX));
        // What is left of the time counts for the next look-up.
        self.since = Some(Timestamp::from_micros(since.micros() + refilled * MICROS_PER_LOOKUP));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_looked_up_and_then_ten_a_second() {
        let budget = LookupBudget::default();
        let at = |millis: i64| Timestamp::from_micros(1_800_000_000_000_000 + millis * 1_000);
        let take = |times, millis| (0..times).filter(|_| budget.take(at(millis))).count();
        assert_eq!(take(1_000, 0), BURST as usize);
        assert!(!budget.is_left(at(0)));
        assert_eq!(take(1_000, 99), 0);
        assert_eq!(take(1_000, 100), 1);
        assert_eq!(take(1_000, 1_150), 10);
        assert_eq!(take(1_000, 1_199), 0);
        assert_eq!(take(1_000, 1_200), 1, "the time between two look-ups is not lost");
        assert_eq!(take(1_000, 0), 0, "a clock that went back");
        assert_eq!(take(1_000, 3_600_000), BURST as usize, "no more than a burst after a pause");
    }

    #[test]
    fn a_key_that_is_found_costs_nothing() {
        let budget = LookupBudget::default();
        let now = Timestamp::from_seconds(1_800_000_000);
        for _ in 0..3 * BURST {
            assert!(budget.take(now));
            budget.give_back();
        }
    }
}
