use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use crate::number::{grouped, plural};
use crate::time::Timestamp;

/// The limits for a project's events. A missing number means that there is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Limits {
    /// Maximum events per minute, as a protection against storms.
    pub per_minute: Option<u64>,
    /// Maximum events per calendar month (UTC), to limit the cost of a project.
    pub per_month: Option<u64>,
}

impl Limits {
    /// The limits that are set.
    pub fn each(self) -> impl Iterator<Item = Limit> {
        let limits = [(self.per_minute, Window::Minute), (self.per_month, Window::Month)];
        limits.into_iter().filter_map(|(most, window)| Some(Limit { most: most?, window }))
    }

    /// Whether no limit is set.
    pub fn is_none(self) -> bool {
        self == Self::default()
    }
}

/// A limit: a number of events in a window. Its text form is in words: `1,000 events a minute`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The number of events that are accepted in the window.
    pub most: u64,
    pub window: Window,
}

/// The number cannot be a limit.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0} is not a limit: it must be from 1 to 1000000000 events, or null for no limit")]
pub struct BadLimit(u64);

impl Limit {
    /// The largest number that a limit can have.
    pub const MAX_EVENTS: u64 = 1_000_000_000;

    /// Checks the number of a limit. 0 is not allowed: to accept no events at all, remove the project's keys.
    pub fn check(most: u64) -> Result<u64, BadLimit> {
        if (1..=Self::MAX_EVENTS).contains(&most) { Ok(most) } else { Err(BadLimit(most)) }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} a {}", grouped(self.most, ','), plural(self.most, "event"), self.window.name())
    }
}

/// The fixed window that a limit counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Window {
    /// A minute in UTC.
    Minute,
    /// A calendar month in UTC.
    Month,
}

impl Window {
    pub fn name(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Month => "month",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        [Self::Minute, Self::Month].into_iter().find(|window| window.name() == word)
    }

    /// The end of the window that contains `moment`: the first moment of the next window.
    pub fn end(self, moment: Timestamp) -> Timestamp {
        match self {
            Self::Minute => Timestamp::from_seconds((moment.seconds().div_euclid(60) + 1) * 60),
            Self::Month => moment.month().1,
        }
    }
}

/// Records that a project's events are refused, and until when. A mark whose time is over need not be removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The limit that was reached.
    pub limit: Limit,
    /// The end of the window in which it was reached.
    pub until: Timestamp,
}

impl Mark {
    /// Creates the mark for a limit that was reached at `moment`.
    pub fn of(limit: Limit, moment: Timestamp) -> Self {
        Self { limit, until: limit.window.end(moment) }
    }

    /// Whether events that come at `now` are refused.
    pub fn holds(self, now: Timestamp) -> bool {
        now < self.until
    }

    /// The id of the episode for which people are notified once: a day in which the limit per minute was reached
    /// (`minute:2026-11-02`), or a month (`month:2026-11`).
    pub fn episode(self) -> String {
        let day = self.until.plus_seconds(-1).date();
        let shown = match self.limit.window {
            Window::Minute => day.as_str(),
            Window::Month => day.rsplit_once('-').map_or(day.as_str(), |(month, _)| month),
        };
        format!("{}:{shown}", self.limit.window.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[track_caller]
    fn check(window: Window, moment: &str, end: &str, episode: &str) {
        let mark = Mark::of(Limit { most: 1, window }, at(moment));
        assert_eq!((mark.until, mark.episode()), (at(end), episode.to_owned()), "{moment}");
        assert!(mark.holds(at(moment)) && !mark.holds(at(end)), "{moment}");
    }

    #[test]
    fn a_window_ends_where_the_next_begins() {
        check(Window::Minute, "2026-11-02T00:01:00Z", "2026-11-02T00:02:00Z", "minute:2026-11-02");
        check(Window::Minute, "2026-11-02T23:59:59.999999Z", "2026-11-03T00:00:00Z", "minute:2026-11-02");
        check(Window::Month, "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z", "month:2026-11");
        check(Window::Month, "2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z", "month:2026-12");
        check(Window::Month, "2028-02-29T12:00:00Z", "2028-03-01T00:00:00Z", "month:2028-02");
    }

    #[test]
    fn a_limit_is_said_in_words() {
        for (most, window, words) in [
            (1, Window::Minute, "1 event a minute"),
            (999, Window::Month, "999 events a month"),
            (1_000, Window::Minute, "1,000 events a minute"),
            (1_000_000_000, Window::Month, "1,000,000,000 events a month"),
        ] {
            assert_eq!(Limit { most, window }.to_string(), words);
        }
        assert!(Limit::check(1).is_ok() && Limit::check(Limit::MAX_EVENTS).is_ok());
        for bad in [0, Limit::MAX_EVENTS + 1] {
            assert!(Limit::check(bad).unwrap_err().to_string().contains(&bad.to_string()));
        }
    }
}
