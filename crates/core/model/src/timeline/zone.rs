use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::time::Timestamp;

/// A time zone. Hours and days begin by its clocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone(TimeZone);

/// The text is not a time zone.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not a time zone: send an IANA name, such as Europe/Berlin or UTC")]
pub struct BadZone(String);

impl Default for Zone {
    fn default() -> Self {
        Self(TimeZone::UTC)
    }
}

impl Zone {
    /// Looks up a time zone by its IANA name.
    pub fn parse(name: &str) -> Result<Self, BadZone> {
        TimeZone::get(name).map(Self).map_err(|_| BadZone(name.chars().take(80).collect()))
    }

    /// The IANA name.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// The local time at `moment` with its offset, to the second: `2026-03-29T00:00:00+01:00`.
    pub fn text(&self, moment: Timestamp) -> String {
        instant(moment).to_zoned(self.0.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
    }

    /// The beginning of the local hour that contains `moment`. If clocks are changed within an hour, or by a part of an
    /// hour, an hour begins at the change.
    pub(super) fn hour_start(&self, moment: Timestamp) -> Timestamp {
        let start = moment.seconds() - (moment.seconds() + self.offset(moment)).rem_euclid(HOUR);
        let put = self.0.preceding(instant(moment.plus_seconds(1))).map(|transition| seconds(transition.timestamp()));
        let put = put.take_while(|put| *put > start).find(|put| self.is_put_at(*put));
        Timestamp::from_seconds(put.unwrap_or(start))
    }

    /// The end of the hour that begins at `start`.
    pub(super) fn hour_end(&self, start: Timestamp) -> Timestamp {
        let end = start.seconds() + HOUR - (start.seconds() + self.offset(start)).rem_euclid(HOUR);
        let put = self.0.following(instant(start)).map(|transition| seconds(transition.timestamp()));
        let put = put.take_while(|put| *put < end).find(|put| self.is_put_at(*put));
        Timestamp::from_seconds(put.unwrap_or(end))
    }

    /// The beginning of the local day that contains `moment`.
    pub(super) fn day_start(&self, moment: Timestamp) -> Timestamp {
        self.midnight(self.date(moment)).unwrap_or(moment)
    }

    /// The end of the day that begins at `start`. A day has 23 or 25 hours when clocks are changed, and a day is
    /// skipped where a country changed sides of the date line.
    pub(super) fn day_end(&self, start: Timestamp) -> Timestamp {
        let mut days = self.date(start).series(jiff::Span::new().days(1)).skip(1).take(3);
        days.find_map(|day| self.midnight(day).filter(|midnight| *midnight > start)).unwrap_or(start)
    }

    fn date(&self, moment: Timestamp) -> Date {
        self.0.to_datetime(instant(moment)).date()
    }

    /// The first moment of a day.
    fn midnight(&self, day: Date) -> Option<Timestamp> {
        let start = day.to_zoned(self.0.clone()).and_then(|midnight| midnight.start_of_day()).ok()?;
        Some(Timestamp::from_seconds(seconds(start.timestamp())))
    }

    /// The offset of the local time from UTC, in seconds.
    fn offset(&self, moment: Timestamp) -> i64 {
        i64::from(self.0.to_offset(instant(moment)).seconds())
    }

    /// Whether the local time jumps at `second`. Some transitions only change the name of the zone.
    fn is_put_at(&self, second: i64) -> bool {
        self.offset(Timestamp::from_seconds(second)) != self.offset(Timestamp::from_seconds(second - 1))
    }
}

const HOUR: i64 = 3_600;

fn instant(moment: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_microsecond(moment.micros()).unwrap_or(jiff::Timestamp::MAX)
}

fn seconds(instant: jiff::Timestamp) -> i64 {
    instant.as_second()
}
