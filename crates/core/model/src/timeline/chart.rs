use std::ops::RangeInclusive;

use super::{Hour, Timeline, Zone};
use crate::project::TimeUnit;
use crate::time::{SECONDS_PER_DAY, Timestamp};

/// The bars of a chart: the units of time between two moments. Each has a count, even if it is 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chart {
    starts: Vec<Timestamp>,
    end: Timestamp,
}

/// A range that cannot be drawn.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BadRange {
    /// The range is empty.
    #[error("the end, {end}, is not after the start, {start}")]
    Empty { start: Timestamp, end: Timestamp },
    /// The range has too many units.
    #[error("a range by the {unit} can be at most {most} long: ask for a shorter range, or for larger units")]
    TooLong {
        /// The name of the unit.
        unit: &'static str,
        /// The longest range for this unit, in words.
        most: &'static str,
    },
}

/// The longest range for each unit, in seconds and in words: about 1,500 units, because a day of 25 hours has as many
/// minutes. By the day, it is the range of v1's timeline, for which all hours are read.
fn longest(unit: TimeUnit) -> (i64, &'static str) {
    match unit {
        TimeUnit::Minute => (25 * 3_600, "25 hours"),
        TimeUnit::Hour => (62 * SECONDS_PER_DAY, "62 days"),
        TimeUnit::Day => (400 * SECONDS_PER_DAY, "400 days"),
    }
}

impl Chart {
    /// Maximum number of bars: the minutes of a day of 25 hours, and one that is only partly in the range.
    pub const MAX_BARS: usize = 1_501;

    /// Creates the bars for the range from `start` until before `end`, by the clocks of `zone`. All bars are whole
    /// units, so the first one can begin before `start`.
    pub fn new(unit: TimeUnit, zone: &Zone, start: Timestamp, end: Timestamp) -> Result<Self, BadRange> {
        if end <= start {
            return Err(BadRange::Empty { start, end });
        }
        let (seconds, most) = longest(unit);
        if end.seconds() - start.seconds() > seconds {
            return Err(BadRange::TooLong { unit: unit.as_str(), most });
        }
        let mut next = match unit {
            TimeUnit::Minute => unit.start(start),
            TimeUnit::Hour => zone.hour_start(start),
            TimeUnit::Day => zone.day_start(start),
        };
        let mut starts = Vec::new();
        while next < end {
            starts.push(next);
            let after = match unit {
                TimeUnit::Minute => next.plus_seconds(unit.seconds()),
                TimeUnit::Hour => zone.hour_end(next),
                TimeUnit::Day => zone.day_end(next),
            };
            if after <= next {
                // The end of the time that can be expressed.
                break;
            }
            next = after;
        }
        Ok(Self { starts, end: next })
    }

    /// The beginning of the first bar.
    pub fn start(&self) -> Timestamp {
        self.starts.first().copied().unwrap_or(self.end)
    }

    /// The end of the last bar.
    pub fn end(&self) -> Timestamp {
        self.end
    }

    /// The hours in UTC that must be read to draw it.
    pub fn hours(&self) -> RangeInclusive<Hour> {
        Hour::of(self.start())..=Hour::of(self.end.plus_seconds(-1))
    }

    /// The beginning of each bar, with its count in `timeline`.
    pub fn counts(&self, timeline: &Timeline) -> Vec<(Timestamp, u64)> {
        let mut counts: Vec<_> = self.starts.iter().map(|&start| (start, 0)).collect();
        for (minute, count) in timeline.minutes().filter(|(minute, _)| minute.start() < self.end) {
            let begun = self.starts.partition_point(|start| *start <= minute.start());
            if let Some((_, sum)) = begun.checked_sub(1).and_then(|index| counts.get_mut(index)) {
                *sum += count;
            }
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::timeline::Minute;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn chart(unit: TimeUnit, zone: &str, start: &str, end: &str) -> Result<Chart, BadRange> {
        Chart::new(unit, &Zone::parse(zone).unwrap(), at(start), at(end))
    }

    /// The beginning of each unit in the zone's local time, and its length in minutes.
    fn units(unit: TimeUnit, zone: &str, start: &str, end: &str) -> Vec<(String, i64)> {
        let chart = chart(unit, zone, start, end).unwrap();
        let ends = chart.starts.iter().skip(1).chain([&chart.end]);
        let zone = Zone::parse(zone).unwrap();
        let minutes = |start: Timestamp, end: &Timestamp| (end.seconds() - start.seconds()) / 60;
        chart.starts.iter().zip(ends).map(|(start, end)| (zone.text(*start), minutes(*start, end))).collect()
    }

    #[track_caller]
    fn check(unit: TimeUnit, zone: &str, range: (&str, &str), expected: &[(&str, i64)]) {
        let units = units(unit, zone, range.0, range.1);
        let units: Vec<_> = units.iter().map(|(start, minutes)| (start.as_str(), *minutes)).collect();
        assert_eq!(units, expected, "{zone}");
    }

    #[test]
    fn units_are_whole() {
        let range = ("2026-11-02T10:20:30Z", "2026-11-02T10:22:00Z");
        let minutes = [("2026-11-02T10:20:00+00:00", 1), ("2026-11-02T10:21:00+00:00", 1)];
        check(TimeUnit::Minute, "UTC", range, &minutes);
        check(TimeUnit::Hour, "UTC", range, &[("2026-11-02T10:00:00+00:00", 60)]);
        check(TimeUnit::Day, "UTC", range, &[("2026-11-02T00:00:00+00:00", 1_440)]);
        check(TimeUnit::Day, "Asia/Tokyo", range, &[("2026-11-02T00:00:00+09:00", 1_440)]);
        check(TimeUnit::Day, "America/Los_Angeles", range, &[("2026-11-02T00:00:00-08:00", 1_440)]);
    }

    #[test]
    fn days_on_which_clocks_are_put_have_23_and_25_hours() {
        check(
            TimeUnit::Day,
            "Europe/Berlin",
            ("2026-03-28T00:00:00+01:00", "2026-03-31T00:00:00+02:00"),
            &[
                ("2026-03-28T00:00:00+01:00", 1_440),
                ("2026-03-29T00:00:00+01:00", 1_380),
                ("2026-03-30T00:00:00+02:00", 1_440),
            ],
        );
        check(
            TimeUnit::Day,
            "Europe/Berlin",
            ("2026-10-25T12:00:00+01:00", "2026-10-25T12:00:01+01:00"),
            &[("2026-10-25T00:00:00+02:00", 1_500)],
        );
        // Midnight itself is skipped.
        check(
            TimeUnit::Day,
            "America/Santiago",
            ("2026-09-05T12:00:00-04:00", "2026-09-06T12:00:00-03:00"),
            &[("2026-09-05T00:00:00-04:00", 1_440), ("2026-09-06T01:00:00-03:00", 1_380)],
        );
        // A day that did not exist.
        check(
            TimeUnit::Day,
            "Pacific/Apia",
            ("2011-12-29T12:00:00-10:00", "2011-12-31T12:00:00+14:00"),
            &[("2011-12-29T00:00:00-10:00", 1_440), ("2011-12-31T00:00:00+14:00", 1_440)],
        );
    }

    #[test]
    fn an_hour_that_clocks_show_twice_is_two() {
        check(
            TimeUnit::Hour,
            "Europe/Berlin",
            ("2026-10-25T01:30:00+02:00", "2026-10-25T03:01:00+01:00"),
            &[
                ("2026-10-25T01:00:00+02:00", 60),
                ("2026-10-25T02:00:00+02:00", 60),
                ("2026-10-25T02:00:00+01:00", 60),
                ("2026-10-25T03:00:00+01:00", 60),
            ],
        );
        check(
            TimeUnit::Hour,
            "Europe/Berlin",
            ("2026-03-29T01:00:00+01:00", "2026-03-29T04:00:00+02:00"),
            &[("2026-03-29T01:00:00+01:00", 60), ("2026-03-29T03:00:00+02:00", 60)],
        );
    }

    #[test]
    fn hours_follow_clocks_that_are_not_whole_hours_apart() {
        check(
            TimeUnit::Hour,
            "Asia/Kolkata",
            ("2026-11-02T00:00:00Z", "2026-11-02T01:00:00Z"),
            &[("2026-11-02T05:00:00+05:30", 60), ("2026-11-02T06:00:00+05:30", 60)],
        );
        check(
            TimeUnit::Hour,
            "Asia/Kathmandu",
            ("2026-11-02T05:45:00+05:45", "2026-11-02T05:46:00+05:45"),
            &[("2026-11-02T05:00:00+05:45", 60)],
        );
        // Clocks are changed by half an hour: this half hour comes twice, as a unit of its own.
        check(
            TimeUnit::Hour,
            "Australia/Lord_Howe",
            ("2026-04-05T01:10:00+11:00", "2026-04-05T02:10:00+10:30"),
            &[("2026-04-05T01:00:00+11:00", 60), ("2026-04-05T01:30:00+10:30", 30), ("2026-04-05T02:00:00+10:30", 60)],
        );
        check(
            TimeUnit::Hour,
            "Australia/Lord_Howe",
            ("2026-04-05T01:40:00+10:30", "2026-04-05T01:41:00+10:30"),
            &[("2026-04-05T01:30:00+10:30", 30)],
        );
    }

    #[test]
    fn clocks_that_are_put_within_an_hour_end_it() {
        check(
            TimeUnit::Hour,
            "America/St_Johns",
            ("2006-04-02T00:00:00-03:30", "2006-04-02T02:01:00-02:30"),
            &[("2006-04-02T00:00:00-03:30", 1), ("2006-04-02T01:01:00-02:30", 59), ("2006-04-02T02:00:00-02:30", 60)],
        );
    }

    #[test]
    fn a_minute_belongs_to_the_unit_that_begins_with_it() {
        let mut timeline = Timeline::default();
        for (minute, count) in [("00:59", 1), ("01:00", 2), ("01:59", 4), ("02:00", 8), ("02:59", 16), ("03:00", 32)] {
            timeline.add(Minute::of(at(&format!("2026-01-01T{minute}:00Z"))), count);
        }
        let chart = chart(TimeUnit::Hour, "UTC", "2026-01-01T01:00:00Z", "2026-01-01T03:00:00Z").unwrap();
        assert_eq!(chart.counts(&timeline).into_iter().map(|(_, count)| count).collect::<Vec<_>>(), [6, 24]);
    }

    #[test]
    fn a_range_is_bounded_and_says_so() {
        #[track_caller]
        fn check(unit: TimeUnit, start: &str, end: &str, units: usize, too_far: &str) {
            assert_eq!(chart(unit, "UTC", start, end).unwrap().starts.len(), units);
            let error = chart(unit, "UTC", start, too_far).unwrap_err().to_string();
            assert!(error.contains("at most") && error.contains("larger units"), "{error}");
        }
        check(TimeUnit::Minute, "2026-01-01T00:00:00Z", "2026-01-02T01:00:00Z", 1_500, "2026-01-02T01:00:01Z");
        check(TimeUnit::Hour, "2026-01-01T00:00:00Z", "2026-03-04T00:00:00Z", 1_488, "2026-03-04T00:00:01Z");
        check(TimeUnit::Day, "2026-01-01T00:00:00Z", "2027-02-05T00:00:00Z", 400, "2027-02-05T00:00:01Z");
        let empty = chart(TimeUnit::Day, "UTC", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z").unwrap_err();
        assert!(empty.to_string().contains("not after"), "{empty}");
        assert_eq!(
            chart(TimeUnit::Hour, "UTC", "9999-12-30T21:30:00Z", "9999-12-30T22:00:00Z").unwrap().starts.len(),
            1
        );
        assert_eq!(
            chart(TimeUnit::Day, "Asia/Tokyo", "1970-01-01T00:00:00Z", "1970-01-02T00:00:00Z").unwrap().starts.len(),
            2
        );
        assert!(Zone::parse("Mars/Olympus").unwrap_err().to_string().contains("Europe/Berlin"));
    }

    const ZONES: [&str; 6] =
        ["UTC", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Apia"];

    proptest! {
        /// No event is lost between bars, and none is in two bars: the sum is the number of events.
        #[test]
        fn the_sum_of_all_units_is_the_sum_of_all_minutes(
            zone in prop::sample::select(&ZONES),
            unit in prop::sample::select(&[TimeUnit::Minute, TimeUnit::Hour, TimeUnit::Day]),
            start in 0i64..2_000_000_000,
            length in 1i64..90_000,
            events in prop::collection::vec((-200_000i64..200_000, 1u64..5), 0..50),
        ) {
            let zone = Zone::parse(zone).unwrap();
            let start = Timestamp::from_seconds(start);
            let chart = Chart::new(unit, &zone, start, start.plus_seconds(length)).unwrap();
            let mut timeline = Timeline::default();
            for (after, count) in events {
                timeline.add(Minute::of(start.plus_seconds(after)), count);
            }
            let sum: u64 = chart.counts(&timeline).iter().map(|(_, count)| count).sum();
            prop_assert_eq!(sum, timeline.between(chart.start(), chart.end()).total());
            prop_assert!(chart.start() <= start && chart.end() >= start.plus_seconds(length));
            prop_assert!(chart.starts.is_sorted_by(|a, b| a < b));
            let hours = chart.hours();
            prop_assert!(hours.start().start() <= chart.start() && chart.end() <= hours.end().start().plus_seconds(3_600));
        }
    }
}
