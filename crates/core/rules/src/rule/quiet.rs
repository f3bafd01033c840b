use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;

use model::time::Timestamp;

/// Hours without notifications: what is due then waits for their end.
///
/// They are spans between two moments, each a time on the wall clock of a zone. A time that a clock skips is as much
/// later as the clock is put forward; of one that it shows twice it is the first (RFC 5545 has it so).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Quiet {
    pub(super) zone: TimeZone,
    /// From one time of each day to the next time that it is the other.
    pub(super) hours: Option<(Time, Time)>,
    /// Quiet from midnight to midnight; never all seven.
    pub(super) days: Vec<Weekday>,
}

impl Quiet {
    /// When it is over, if `now` is quiet.
    pub(super) fn end(&self, now: Timestamp) -> Option<Timestamp> {
        let mut end = None;
        let mut moment = now;
        // What follows without a pause is one quiet. It ends within a week, since one day, or a part of it, is not quiet:
        // each step is half a day at least, or brings the next step to a day.
        for _ in 0..MAX_SPANS {
            let Some(next) = self.end_of_span(moment) else { break };
            end = Some(next);
            moment = next;
        }
        end
    }

    /// The end of the latest-ending span that `moment` is in.
    fn end_of_span(&self, moment: Timestamp) -> Option<Timestamp> {
        let today = self.zone.to_datetime(jiff::Timestamp::from_microsecond(moment.micros()).ok()?).date();
        let spans = [today.yesterday().ok()?, today].into_iter().flat_map(|day| self.spans(day));
        spans.filter(|&(from, to)| from <= moment && moment < to).map(|(_, to)| to).max()
    }

    /// The quiet spans that begin on a day.
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

/// Six quiet days, with quiet hours before, between and after each.
const MAX_SPANS: usize = 16;

/// From `HH:MM`.
pub(super) fn parse_time(text: &str) -> Option<Time> {
    let digits =
        |part: &str| (part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit())).then(|| part.parse().ok())?;
    let (hour, minute) = text.split_once(':')?;
    Time::new(digits(hour)?, digits(minute)?, 0, 0).ok()
}

/// From the first three letters of its English name.
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
