use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::project::TimeUnit;
use crate::time::Timestamp;

/// How often an error was seen in the newest units of time. Thresholds are compared with these counts.
///
/// It keeps every unit that the last commit touched, so that the effect of the commit follows from this state and the
/// one before alone, and the newest four other units, for events that come late. If a unit is dropped, it is closed
/// together with all before it. A late event in a closed unit counts for the total and the timeline, but not for a
/// threshold, because the unit's earlier count is no longer known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ThresholdWindows {
    unit: TimeUnit,
    /// Units before this one are closed, except those that are kept.
    floor: i64,
    /// The counts, by the number of the unit since 1970.
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
        self.counts.iter().map(|(&index, &count)| (Timestamp::from_seconds(index * self.unit.seconds()), count))
    }

    /// Prepares for a commit in units of this length. If the length has changed, or if the error was seen before but no
    /// units are kept (an older version wrote it), counting begins again with the unit in which the error was last
    /// seen.
    pub(super) fn begin(&mut self, unit: TimeUnit, last_seen: Option<Timestamp>) {
        if self.unit != unit || self.counts.is_empty() {
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

/// The text is not the text form of units.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not the text form of units: it must be m, h or d, the floor, then a step and a count for each unit")]
pub struct BadThresholdWindows(String);

/// The text form, which is short because each commit writes it: `m` (or `h`, `d`), the floor, then for each unit the
/// step from the unit before it (for the first unit: from 0) and its count, such as `m 29892960 29892960 5 1 17`.
impl fmt::Display for ThresholdWindows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letter = match self.unit {
            TimeUnit::Minute => 'm',
            TimeUnit::Hour => 'h',
            TimeUnit::Day => 'd',
        };
        write!(f, "{letter} {}", self.floor)?;
        let mut before = 0;
        for (index, count) in &self.counts {
            write!(f, " {} {count}", index - before)?;
            before = *index;
        }
        Ok(())
    }
}

impl ThresholdWindows {
    /// Parses the text form.
    pub fn parse(text: &str) -> Result<Self, BadThresholdWindows> {
        let parsed = || {
            let mut words = text.split(' ');
            let unit = match words.next()? {
                "m" => TimeUnit::Minute,
                "h" => TimeUnit::Hour,
                "d" => TimeUnit::Day,
                _ => return None,
            };
            let floor = words.next()?.parse().ok()?;
            let (mut counts, mut index) = (BTreeMap::new(), 0_i64);
            while let Some(step) = words.next() {
                index = index.checked_add(step.parse().ok()?)?;
                counts.insert(index, words.next()?.parse().ok()?);
            }
            Some(Self { unit, floor, counts })
        };
        parsed().ok_or_else(|| BadThresholdWindows(text.chars().take(80).collect()))
    }
}
