//! The only type for timestamps: microseconds since 1970 in UTC, which is as precise as any client reports.

use std::fmt;
use std::ops::Range;

use jiff::civil::DateTime;
use jiff::tz::Offset;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A moment, in microseconds since the Unix epoch. The text form is RFC 3339 in UTC with a numeric offset
/// (`2016-11-02T00:01:00+00:00`), as in faultline v1. A fraction is written only if there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

/// The text is not an RFC 3339 date and time between the years 1970 and 9999.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not an RFC 3339 time such as 2016-11-02T00:01:00Z (1970 to 9999)")]
pub struct BadTimestamp(String);

/// The number of seconds in a day in UTC.
pub const SECONDS_PER_DAY: i64 = 86_400;
const MICROS_PER_SECOND: i64 = 1_000_000;
/// The last second that can be written in every time zone: 9999-12-30T22:00:00Z.
const MAX_SECONDS: i64 = 253_402_207_200;

impl Timestamp {
    /// All time: from the epoch to the last moment that every time zone can express.
    pub const EVER: Range<Self> = Self(0)..Self(MAX_SECONDS * MICROS_PER_SECOND);

    /// From whole seconds since the epoch. Values out of range become the nearest valid moment.
    pub fn from_seconds(seconds: i64) -> Self {
        Self(seconds.clamp(0, MAX_SECONDS) * MICROS_PER_SECOND)
    }

    /// From milliseconds since the epoch. Values out of range become the nearest valid moment.
    pub fn from_millis(millis: i64) -> Self {
        Self::from_micros(millis.saturating_mul(1_000))
    }

    /// From microseconds since the epoch. Values out of range become the nearest valid moment.
    pub fn from_micros(micros: i64) -> Self {
        Self(micros.clamp(0, MAX_SECONDS * MICROS_PER_SECOND))
    }

    /// Parses RFC 3339 with any offset and fraction. Also accepts a space instead of the `T`, and a missing offset
    /// (read as UTC), because old clients send them.
    pub fn parse(text: &str) -> Result<Self, BadTimestamp> {
        let bad = || BadTimestamp(text.chars().take(64).collect());
        // jiff reads also dates without a time, and week dates: those are not times of an event.
        let (date, time) = text.split_at_checked(10).ok_or_else(bad)?;
        if date.as_bytes()[4] != b'-' || date.as_bytes()[7] != b'-' || time.len() < "T00:00:00".len() {
            return Err(bad());
        }
        let moment = match text.parse::<jiff::Timestamp>() {
            Ok(moment) => moment,
            Err(_) => {
                let local: DateTime = text.parse().map_err(|_| bad())?;
                Offset::UTC.to_timestamp(local).map_err(|_| bad())?
            }
        };
        let micros = moment.as_microsecond();
        Some(micros).filter(|micros| (0..=MAX_SECONDS * MICROS_PER_SECOND).contains(micros)).map(Self).ok_or_else(bad)
    }

    /// Whole seconds since the epoch.
    pub fn seconds(self) -> i64 {
        self.0 / MICROS_PER_SECOND
    }

    /// Milliseconds since the epoch.
    pub fn millis(self) -> i64 {
        self.0 / 1_000
    }

    /// Microseconds since the epoch.
    pub fn micros(self) -> i64 {
        self.0
    }

    /// This moment plus `seconds`, which may be negative.
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self::from_micros(self.0.saturating_add(seconds.saturating_mul(MICROS_PER_SECOND)))
    }

    /// The date in UTC, `YYYY-MM-DD`. Segments are partitioned by it.
    pub fn date(self) -> String {
        self.utc().date().to_string()
    }

    /// The beginning of the month in UTC that contains this moment, and of the next month.
    pub fn month(self) -> (Self, Self) {
        let date = self.utc().date();
        let midnight = Self::from_seconds(self.seconds().div_euclid(SECONDS_PER_DAY) * SECONDS_PER_DAY);
        let (day, last) = (i64::from(date.day()), i64::from(date.days_in_month()));
        (midnight.plus_seconds((1 - day) * SECONDS_PER_DAY), midnight.plus_seconds((last - day + 1) * SECONDS_PER_DAY))
    }

    /// The date and the time of day in UTC.
    pub fn utc(self) -> DateTime {
        let moment = jiff::Timestamp::from_microsecond(self.0).expect("the range is held by every constructor");
        Offset::UTC.to_datetime(moment)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let utc = self.utc();
        write!(f, "{}T{:02}:{:02}:{:02}", utc.date(), utc.hour(), utc.minute(), utc.second())?;
        match self.0 % MICROS_PER_SECOND {
            0 => {}
            micros if micros % 1_000 == 0 => write!(f, ".{:03}", micros / 1_000)?,
            micros => write!(f, ".{micros:06}")?,
        }
        f.write_str("+00:00")
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl schemars::JsonSchema for Timestamp {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "format": "date-time",
            "examples": ["2026-11-02T00:01:00+00:00"],
        })
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(input: &str, expected: &str) {
        assert_eq!(Timestamp::parse(input).unwrap().to_string(), expected, "{input}");
    }

    #[test]
    fn every_form_that_clients_send_is_read() {
        check("2016-11-02T00:01:00+00:00", "2016-11-02T00:01:00+00:00");
        check("2016-12-07T00:00:00+09:00", "2016-12-06T15:00:00+00:00");
        check("2016-12-07T00:00:00-03:30", "2016-12-07T03:30:00+00:00");
        check("2026-11-20T23:16:41.722Z", "2026-11-20T23:16:41.722+00:00");
        check("2026-11-20T23:16:41.722123456Z", "2026-11-20T23:16:41.722123+00:00");
        check("2026-11-20T23:16:41.5", "2026-11-20T23:16:41.500+00:00");
        check("2026-11-20 23:16:41", "2026-11-20T23:16:41+00:00");
    }

    #[test]
    fn a_text_that_is_not_a_time_is_named() {
        for bad in ["", "yesterday", "2016-13-01T00:00:00Z", "1969-12-31T23:59:59Z", "1478044860"] {
            let error = Timestamp::parse(bad).unwrap_err().to_string();
            assert!(error.contains(bad) && error.contains("RFC 3339"), "{error}");
        }
    }

    #[test]
    fn a_month_ends_where_the_next_begins() {
        for (moment, start, next) in [
            ("2026-12-31T23:59:59Z", "2026-12-01", "2027-01-01"),
            ("2026-02-01T00:00:00Z", "2026-02-01", "2026-03-01"),
            ("2028-02-29T12:00:00Z", "2028-02-01", "2028-03-01"),
        ] {
            let (from, to) = Timestamp::parse(moment).unwrap().month();
            assert_eq!((from.date(), to.date()), (start.to_owned(), next.to_owned()), "{moment}");
            assert_eq!((from.seconds() % SECONDS_PER_DAY, to.seconds() % SECONDS_PER_DAY), (0, 0));
        }
    }

    #[test]
    fn writing_and_reading_gives_the_same_moment() {
        for micros in [0, 1, 999_999, 1_000_000, 1_478_044_860_000_001] {
            let moment = Timestamp::from_micros(micros);
            assert_eq!(Timestamp::parse(&moment.to_string()).unwrap(), moment);
        }
        assert_eq!(Timestamp::from_micros(i64::MAX).date(), "9999-12-30");
    }
}
