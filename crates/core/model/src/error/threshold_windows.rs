use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::is_default;
use crate::project::TimeUnit;
use crate::time::Timestamp;

/// How often an error was seen in the newest units of time. Thresholds are compared with these counts.
///
/// It keeps every unit that the last commit touched, so that the effect of the commit follows from this state and the
/// one before alone, and the newest four other units, for events that come late. If a unit is dropped, it is closed
/// together with all before it. A late event in a closed unit counts for the total and the timeline, but not for a
/// threshold, because the unit's earlier count is no longer known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThresholdWindows {
    #[serde(default, rename = "u", skip_serializing_if = "is_default")]
    unit: TimeUnit,
    /// Units before this one are closed, except those that are kept.
    #[serde(default, rename = "f", skip_serializing_if = "is_default")]
    floor: i64,
    /// The counts, by the number of the unit since 1970.
    #[serde(rename = "c", with = "super::counts")]
    counts: BTreeMap<i64, u64>,
}

/// The number of units that are kept in addition to those of the last commit.
const KEPT_WINDOWS: usize = 4;

impl ThresholdWindows {
    /// The length of a unit.
    pub fn unit(&self) -> TimeUnit {
        self.unit
    }

    /// The count in the unit that begins at `start`; 0 for a unit that is not kept.
    pub fn count(&self, start: Timestamp) -> u64 {
        self.counts.get(&self.index(start)).copied().unwrap_or_default()
    }

    /// The start and the count of each unit that is kept, oldest first.
    pub fn counts(&self) -> impl Iterator<Item = (Timestamp, u64)> {
        let start = |index: i64| Timestamp::from_seconds(index.saturating_mul(self.unit.seconds()));
        self.counts.iter().map(move |(&index, &count)| (start(index), count))
    }

    /// Prepares for a commit in units of this length. If the length has changed, counting begins again with the unit in
    /// which the error was last seen.
    pub(super) fn begin(&mut self, unit: TimeUnit, last_seen: Option<Timestamp>) {
        if self.unit != unit {
            *self = Self { unit, ..Self::default() };
            self.floor = last_seen.map_or(0, |moment| self.index(moment));
        }
    }

    /// Counts an occurrence and returns its unit, unless the unit is closed.
    pub(super) fn add(&mut self, moment: Timestamp) -> Option<i64> {
        let index = self.index(moment);
        if index < self.floor && !self.counts.contains_key(&index) {
            return None;
        }
        *self.counts.entry(index).or_default() += 1;
        Some(index)
    }

    /// Drops and closes units that are neither `touched` nor among the newest others.
    pub(super) fn prune(&mut self, touched: &BTreeSet<i64>) {
        let others: Vec<_> = self.counts.keys().copied().filter(|index| !touched.contains(index)).collect();
        let dropped = &others[..others.len().saturating_sub(KEPT_WINDOWS)];
        for index in dropped {
            self.counts.remove(index);
        }
        if let Some(newest) = dropped.last() {
            self.floor = self.floor.max(newest + 1);
        }
    }

    fn index(&self, moment: Timestamp) -> i64 {
        moment.seconds().div_euclid(self.unit.seconds())
    }
}
