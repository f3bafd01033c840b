//! Counts per minute. A stored hour has one number for each minute in which events happened.

mod chart;
mod zone;

use std::collections::BTreeMap;
use std::fmt;

pub use chart::{BadRange, Chart};
pub use zone::{BadZone, Zone};

use crate::time::Timestamp;

/// A minute in UTC, counted from 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Minute(u32);

impl Minute {
    /// The minute that contains `moment`.
    pub fn of(moment: Timestamp) -> Self {
        Self((moment.seconds() / 60) as u32)
    }

    /// The beginning of the minute.
    pub fn start(self) -> Timestamp {
        Timestamp::from_seconds(i64::from(self.0) * 60)
    }

    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    pub fn previous(self) -> Self {
        Self(self.0.saturating_sub(1))
    }

    /// The hour that contains this minute.
    pub fn hour(self) -> Hour {
        Hour(self.0 / 60)
    }

    /// The number of the minute in its hour, 0 to 59.
    pub fn of_hour(self) -> u8 {
        (self.0 % 60) as u8
    }
}

/// An hour in UTC, counted from 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hour(u32);

impl Hour {
    /// The hour that contains `moment`.
    pub fn of(moment: Timestamp) -> Self {
        Self((moment.seconds() / 3_600) as u32)
    }

    /// Parses the digits that [`Display`](fmt::Display) writes.
    pub fn parse(digits: &str) -> Option<Self> {
        digits.parse().ok().map(Self)
    }

    /// The hour with this number.
    pub fn numbered(number: u32) -> Self {
        Self(number)
    }

    /// The number of hours in UTC between 1970 and this hour.
    pub fn number(self) -> u32 {
        self.0
    }

    /// The beginning of the hour.
    pub fn start(self) -> Timestamp {
        self.minute(0).start()
    }

    /// The minute `of_hour` (0 to 59) of this hour.
    pub fn minute(self, of_hour: u8) -> Minute {
        Minute(self.0 * 60 + u32::from(of_hour.min(59)))
    }
}

impl From<Hour> for i64 {
    fn from(hour: Hour) -> Self {
        hour.0.into()
    }
}

impl TryFrom<i64> for Hour {
    type Error = std::num::TryFromIntError;

    fn try_from(number: i64) -> Result<Self, Self::Error> {
        u32::try_from(number).map(Self)
    }
}

/// The text form: eight digits, so that the texts sort by time.
impl fmt::Display for Hour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08}", self.0)
    }
}

/// The number of events in each minute in which events happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline(BTreeMap<Minute, u64>);

impl Timeline {
    /// Adds `count` to `minute`.
    pub fn add(&mut self, minute: Minute, count: u64) {
        *self.0.entry(minute).or_default() += count;
    }

    /// Adds all counts of `other`.
    pub fn join(&mut self, other: &Self) {
        other.minutes().for_each(|(minute, count)| self.add(minute, count));
    }

    /// The minutes with their counts, ordered by time.
    pub fn minutes(&self) -> impl Iterator<Item = (Minute, u64)> + '_ {
        self.0.iter().map(|(&minute, &count)| (minute, count))
    }

    /// The sum of all counts.
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// The counts by hour: each hour with its minutes, as it is stored.
    pub fn hours(&self) -> BTreeMap<Hour, Vec<(u8, u64)>> {
        let mut hours = BTreeMap::<Hour, Vec<_>>::new();
        for (minute, count) in self.minutes() {
            hours.entry(minute.hour()).or_default().push((minute.of_hour(), count));
        }
        hours
    }

    /// Keeps only the minutes that begin at `start` or later, and before `end`.
    #[must_use]
    pub fn between(mut self, start: Timestamp, end: Timestamp) -> Self {
        self.0.retain(|minute, _| (start..end).contains(&minute.start()));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_add_up_and_fall_into_their_hours() {
        let at = |text| Minute::of(Timestamp::parse(text).unwrap());
        let mut timeline = Timeline::default();
        timeline.add(at("2026-01-01T00:59:59Z"), 2);
        timeline.add(at("2026-01-01T01:00:00Z"), 1);
        timeline.add(at("2026-01-01T01:00:30Z"), 4);
        assert_eq!(timeline.total(), 7);
        let hours: Vec<_> = timeline.hours().into_values().collect();
        assert_eq!(hours, [vec![(59, 2)], vec![(0, 5)]]);
        let hour = Hour::of(Timestamp::parse("2026-01-01T01:00:00Z").unwrap());
        assert_eq!(Hour::parse(&hour.to_string()), Some(hour));
        assert_eq!(hour.minute(0).start().to_string(), "2026-01-01T01:00:00+00:00");
        assert_eq!(hour.minute(0).previous().next(), hour.minute(0));
    }

    #[test]
    fn a_range_takes_whole_minutes_from_its_start_and_before_its_end() {
        let moment = |seconds| Timestamp::from_seconds(seconds);
        let mut timeline = Timeline::default();
        for seconds in [0, 60, 120, 180] {
            timeline.add(Minute::of(moment(seconds)), 1);
        }
        assert_eq!(timeline.clone().between(moment(60), moment(180)).total(), 2);
        assert_eq!(timeline.between(moment(61), moment(181)).total(), 2);
    }
}
