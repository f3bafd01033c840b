use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::is_default;
use crate::time::Timestamp;
use crate::timeline::Hour;

/// How often an error was seen in each of the newest 24 hours in which it was seen at all. Lists draw their charts from
/// this, without reading a timeline.
///
/// The counts are exact. If an hour is dropped, it is closed together with all hours before it: late events in closed
/// hours are not counted here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hours {
    /// Hours before this one are closed.
    #[serde(default, rename = "f", skip_serializing_if = "is_default")]
    floor: u32,
    #[serde(rename = "c", with = "super::counts")]
    counts: BTreeMap<Hour, u64>,
}

/// The number of hours that are kept.
const KEPT_HOURS: usize = 24;

impl Hours {
    /// The hours that are kept, with their counts, oldest first.
    pub fn counts(&self) -> impl Iterator<Item = (Hour, u64)> {
        self.counts.iter().map(|(&hour, &count)| (hour, count))
    }

    /// The counts of the 24 hours that end with the hour of `now`, oldest first. Hours without occurrences are 0.
    pub fn last_day(&self, now: Timestamp) -> [u64; 24] {
        let newest = Hour::of(now).number();
        std::array::from_fn(|index| {
            let hour = Hour::numbered((newest + index as u32).saturating_sub(23));
            self.counts.get(&hour).copied().unwrap_or_default()
        })
    }

    /// Counts an occurrence, unless its hour is closed.
    pub(super) fn add(&mut self, moment: Timestamp) {
        self.count(Hour::of(moment), 1);
        self.prune();
    }

    /// Adds the counts of another error.
    pub fn join(&mut self, other: &Self) {
        let floor = self.floor.max(other.floor);
        *self = Self { floor, counts: self.counts.split_off(&Hour::numbered(floor)) };
        other.counts().for_each(|(hour, count)| self.count(hour, count));
        self.prune();
    }

    fn count(&mut self, hour: Hour, count: u64) {
        if hour.number() >= self.floor {
            *self.counts.entry(hour).or_default() += count;
        }
    }

    fn prune(&mut self) {
        while self.counts.len() > KEPT_HOURS
            && let Some((oldest, _)) = self.counts.pop_first()
        {
            self.floor = oldest.number() + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(hour: u32) -> Timestamp {
        Timestamp::from_seconds(i64::from(hour) * 3_600 + 7)
    }

    fn of(hours: impl IntoIterator<Item = u32>) -> Hours {
        let mut held = Hours::default();
        hours.into_iter().for_each(|hour| held.add(at(hour)));
        held
    }

    #[test]
    fn a_day_is_filled_with_zeros() {
        let hours = of([100, 100, 122, 123, 99, 124]);
        let mut expected = [0; 24];
        (expected[0], expected[22], expected[23]) = (2, 1, 1);
        assert_eq!(hours.last_day(at(123)), expected);
        assert_eq!(hours.last_day(at(3)), [0; 24]);
        assert_eq!(hours.last_day(at(200)), [0; 24]);
    }

    proptest! {
        /// The kept counts are exact, in whatever order events come, and there are never more than 24.
        #[test]
        fn what_is_held_is_what_there_was(events in prop::collection::vec(0u32..60, 0..200), split in 0usize..200) {
            let hours = of(events.iter().copied());
            for (hour, count) in hours.counts() {
                prop_assert_eq!(count, events.iter().filter(|&&event| event == hour.number()).count() as u64);
            }
            let different: std::collections::BTreeSet<_> = events.iter().collect();
            prop_assert_eq!(hours.counts().count(), different.len().min(24));
            let stored = serde_json::to_string(&hours).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Hours>(&stored).unwrap(), &hours);

            let (a, b) = events.split_at(split.min(events.len()));
            let mut joined = of(a.iter().copied());
            joined.join(&of(b.iter().copied()));
            for (hour, count) in joined.counts() {
                prop_assert_eq!(count, events.iter().filter(|&&event| event == hour.number()).count() as u64);
            }
        }
    }
}
