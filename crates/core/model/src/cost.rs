//! An estimate of faultline's AWS bill, from the events that a running stack counted and from list prices.
//!
//! The figures are those of `cargo bench -p faultline-tests --bench cost`, which counts the calls of the real code and
//! has the price list. A test in `tests/stories` compares them.

use std::ops::RangeInclusive;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// The date of the price list (us-east-1, without free tiers).
pub const PRICES: &str = "2026-10-08";

/// How the table's capacity is paid for: `TableCapacity` of template.yaml.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "TableCapacity")]
pub enum Capacity {
    /// Capacity is paid by the hour, and adapts to the load.
    #[default]
    Provisioned,
    /// Each read and write is paid for.
    OnDemand,
}

/// The text is not a mode of capacity.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the capacity must be `provisioned` or `on-demand`")]
pub struct BadCapacity;

impl FromStr for Capacity {
    type Err = BadCapacity;

    fn from_str(text: &str) -> Result<Self, BadCapacity> {
        match text {
            "provisioned" => Ok(Self::Provisioned),
            "on-demand" => Ok(Self::OnDemand),
            _ => Err(BadCapacity),
        }
    }
}

impl Capacity {
    /// Cost of a month without events, in dollars.
    pub fn idle(self) -> f64 {
        match self {
            Self::Provisioned => 5.45,
            Self::OnDemand => 1.58,
        }
    }

    /// Cost of a million events of known errors, in dollars. Low end: a storm of one error. High end: one event every 30
    /// seconds, so that each event pays for a batch of its own; provisioned units that are there anyway are part of the
    /// idle cost. The first event of a new error costs up to twice as much.
    pub fn million(self) -> RangeInclusive<f64> {
        match self {
            Self::Provisioned => 1.76..=3.87,
            Self::OnDemand => 1.78..=11.45,
        }
    }

    /// Estimates the cost of the current month so far, in dollars. `now` is in that month, and `events` were counted in
    /// it.
    pub fn so_far(self, events: u64, now: Timestamp) -> RangeInclusive<f64> {
        let (start, end) = now.month();
        let part = (now.seconds() - start.seconds()) as f64 / (end.seconds() - start.seconds()) as f64;
        let cost = |million: &f64| self.idle() * part + million * events as f64 / 1e6;
        let million = self.million();
        cost(million.start())..=cost(million.end())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_month_and_two_million_events() {
        for capacity in [Capacity::Provisioned, Capacity::OnDemand] {
            let cost = capacity.so_far(2_000_000, Timestamp::parse("2026-11-16T00:00:00Z").unwrap());
            let [low, high] = [*capacity.million().start(), *capacity.million().end()];
            let expected = [low, high].map(|million| capacity.idle() / 2.0 + 2.0 * million);
            for (cost, expected) in [*cost.start(), *cost.end()].into_iter().zip(expected) {
                assert!((cost - expected).abs() < 0.001, "{cost}");
            }
        }
    }

    #[test]
    fn a_capacity_is_named_as_in_the_template() {
        for capacity in [Capacity::Provisioned, Capacity::OnDemand] {
            let name = serde_json::to_value(capacity).unwrap();
            assert_eq!(name.as_str().unwrap().parse(), Ok(capacity));
        }
        assert_eq!("PROVISIONED".parse::<Capacity>(), Err(BadCapacity));
    }
}
