use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;

use model::time::Timestamp;

/// Quiet hours: notifications that are due then wait for their end.
///
/// They are spans between two moments, each a local time in a time zone. A time that is skipped when clocks go forward
/// is later by the length of the change. Of a time that comes twice when clocks go back, the first one counts (as in
/// RFC 5545).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Quiet {
    pub(super) zone: TimeZone,
    /// From the first time on each day until the next occurrence of the second time.
    pub(super) hours: Option<(Time, Time)>,
    /// Days that are quiet from midnight to midnight; never all seven.
    pub(super) days: Vec<Weekday>,
}

impl Quiet {
    /// The end of the quiet time that `now` is in; `None` if it is not quiet.
    pub(super) fn end(&self, now: Timestamp) -> Option<Timestamp> {
        let mut end = None;
        let mut moment = now;
        // Consecutive spans are one quiet time. It ends within a week, because one day, or a part of it, is not quiet.
        // Each step is half a day at least, or leads to a step that ends at a day's end.
        for _ in 0..MAX_SPANS {
            let Some(next) = self.end_of_span(moment) else { break };
            end = Some(next);
            moment = next;
        }
        end
    }

    /// The end of the latest-ending span that contains `moment`.
    fn end_of_span(&self, moment: Timestamp) -> Option<Timestamp> {
        let today = self.zone.to_datetime(jiff::Timestamp::from_microsecond(moment.micros()).ok()?).date();
        let spans = [today.yesterday().ok()?, today].into_iter().flat_map(|day| self.spans(day));
        spans.filter(|&(from, to)| from <= moment && moment < to).map(|(_, to)| to).max()
    }

    /// The quiet spans that begin on `day`.
    fn spans(&self, day: Date) -> Vec<(Timestamp, Timestamp)> {
        let tomorrow = day.tomorrow().unwrap_or(day);
        let hours = self.hours.map(|(from, to)| {
            let end = if from < to { day } else { tomorrow };
            (self.moment(day, from), self.moment(end, to))
        });
        let is_quiet = self.days.contains(&day.weekday());
        let whole = is_quiet.then(|| (self.moment(day, Time::midnight()), self.moment(tomorrow, Time::midnight())));
        [hours, whole].into_iter().flatten().filter_map(|(from, to)| Some((from?, to?))).collect()
    }

    fn moment(&self, day: Date, time: Time) -> Option<Timestamp> {
        let zoned = day.to_datetime(time).to_zoned(self.zone.clone()).ok()?;
        Some(Timestamp::from_micros(zoned.timestamp().as_microsecond()))
    }
}

/// Six quiet days, with quiet hours before, between and after them.
const MAX_SPANS: usize = 16;

/// Parses `HH:MM`.
pub(super) fn parse_time(text: &str) -> Option<Time> {
    let digits =
        |part: &str| (part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit())).then(|| part.parse().ok())?;
    let (hour, minute) = text.split_once(':')?;
    Time::new(digits(hour)?, digits(minute)?, 0, 0).ok()
}

/// Parses the first three letters of a day's English name.
pub(super) fn parse_day(word: &str) -> Option<Weekday> {
    match word {
        "mon" => Some(Weekday::Monday),
        "tue" => Some(Weekday::Tuesday),
        "wed" => Some(Weekday::Wednesday),
        "thu" => Some(Weekday::Thursday),
        "fri" => Some(Weekday::Friday),
        "sat" => Some(Weekday::Saturday),
        "sun" => Some(Weekday::Sunday),
        _ => None,
    }
}
