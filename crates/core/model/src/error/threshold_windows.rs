use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::project::TimeUnit;
use crate::time::Timestamp;

/// How often an error was seen in the newest units of time: what thresholds are about.
///
/// It holds every unit that the last commit touched, so that what the commit changed can be told from it and from the
/// state before alone, and the newest four others, for events that come late. A unit that is dropped is closed, as are
/// all before it: a late event of such a unit counts for the total and the timeline, and for no threshold, since how
/// often the unit was seen before is not known any more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ThresholdWindows {
    unit: TimeUnit,
    /// ThresholdWindows before this one are closed, but for those that are held.
    floor: i64,
    /// By the number of the unit since 1970.
    counts: BTreeMap<i64, u64>,
}

/// How many units are held besides those of the last commit.
const KEPT_WINDOWS: usize = 4;

impl ThresholdWindows {
    /// How long a unit is.
    pub fn unit(&self) -> TimeUnit {
        self.unit
    }

    /// How often the error was seen in the unit that begins at `start`; 0 for one that is not held.
    pub fn count(&self, start: Timestamp) -> u64 {
        self.counts.get(&self.index(start)).copied().unwrap_or_default()
    }

    /// When each unit that is held began, and how often the error was seen in it; the oldest first.
    pub fn counts(&self) -> impl Iterator<Item = (Timestamp, u64)> {
        self.counts.iter().map(|(&index, &count)| (Timestamp::from_seconds(index * self.unit.seconds()), count))
    }

    /// Prepares for a commit in units of this length. Where the length has changed, or nothing is held of an error that
    /// was seen before (an older version wrote it), it begins anew, with the unit that the error was last seen in.
    pub(super) fn begin(&mut self, unit: TimeUnit, last_seen: Option<Timestamp>) {
        if self.unit != unit || self.counts.is_empty() {
            *self = Self { unit, ..Self::default() };
            self.floor = last_seen.map_or(0, |moment| self.index(moment));
        }
    }

    /// Counts an occurrence, and returns its unit, if that is not closed.
    pub(super) fn add(&mut self, moment: Timestamp) -> Option<i64> {
        let index = self.index(moment);
        if index < self.floor && !self.counts.contains_key(&index) {
            return None;
        }
        *self.counts.entry(index).or_default() += 1;
        Some(index)
    }

    /// Drops, and closes, what is neither `touched` nor among the newest others.
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

/// The text form, kept short since each commit writes it: `m` (or `h`, `d`), the floor, then for each unit the step from
/// the one before it (the first: from 0) and its count, `m 29892960 29892960 5 1 17`.
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
    /// From the text form.
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
