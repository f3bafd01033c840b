//! Percentiles of answer times.

use std::time::Duration;

/// How long each answer took, shortest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Latencies(Vec<Duration>);

impl Latencies {
    /// Returns a percentile, given in thousandths: the smallest measured time that at least `of_a_thousand` thousandths
    /// of the answers did not exceed (nearest rank, without interpolation). `None` if nothing was measured.
    pub fn within(&self, of_a_thousand: u32) -> Option<Duration> {
        let rank = (self.0.len() as u64 * u64::from(of_a_thousand)).div_ceil(1_000);
        self.0.get((rank.max(1) - 1) as usize).copied()
    }
}

impl FromIterator<Duration> for Latencies {
    fn from_iter<T: IntoIterator<Item = Duration>>(times: T) -> Self {
        let mut times: Vec<_> = times.into_iter().collect();
        times.sort_unstable();
        Self(times)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(times: impl IntoIterator<Item = u64>) -> Latencies {
        times.into_iter().map(Duration::from_millis).collect()
    }

    #[track_caller]
    fn check(latencies: &Latencies, of_a_thousand: u32, expected: u64) {
        assert_eq!(latencies.within(of_a_thousand), Some(Duration::from_millis(expected)), "{of_a_thousand}");
    }

    #[test]
    fn percentiles_use_the_nearest_rank() {
        let thousand = of((1..=1_000).rev());
        for of_a_thousand in [1, 500, 990, 999, 1_000] {
            check(&thousand, of_a_thousand, u64::from(of_a_thousand));
        }
        check(&thousand, 0, 1);
        // Of five values, the third is the median, and the p99 is the slowest.
        let five = of([40, 15, 50, 20, 35]);
        for (of_a_thousand, expected) in [(50, 15), (300, 20), (400, 20), (500, 35), (990, 50), (1_000, 50)] {
            check(&five, of_a_thousand, expected);
        }
        check(&of([7]), 999, 7);
        assert_eq!(of([]).within(500), None);
    }
}
