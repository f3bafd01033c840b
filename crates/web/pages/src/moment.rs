//! Relative times, with the exact time on hover.

use askama::Template;
use model::time::Timestamp;

/// A time on a page that was rendered at `now`.
#[derive(Clone, Copy, Debug, Template)]
#[template(
    ext = "html",
    source = r#"<time datetime="{{ self.datetime() }}" title="{{ self.exact() }}"{% if self.moves() %} data-age{% endif %}>{{ self.shown() }}</time>"#
)]
pub struct Moment {
    at: Timestamp,
    now: Timestamp,
}

const DAY: i64 = 86_400;

impl Moment {
    pub fn new(at: Timestamp, now: Timestamp) -> Self {
        Self { at, now }
    }

    fn datetime(&self) -> String {
        self.at.to_string()
    }

    /// The time in UTC, to the second.
    pub(crate) fn exact(&self) -> String {
        let text = self.at.to_string();
        format!("{} {} UTC", &text[..10], &text[11..19])
    }

    fn seconds(&self) -> i64 {
        self.now.seconds() - self.at.seconds()
    }

    /// Whether the script keeps the age up to date.
    fn moves(&self) -> bool {
        (0..30 * DAY).contains(&self.seconds())
    }

    /// The age, such as `3 h ago`; a date if it is older than 30 days.
    fn shown(&self) -> String {
        match self.seconds() {
            ..=-60 => self.exact(),
            -59..60 => "just now".to_owned(),
            seconds @ 60..3_600 => format!("{} min ago", seconds / 60),
            seconds @ 3_600..DAY => format!("{} h ago", seconds / 3_600),
            seconds if seconds < 30 * DAY => format!("{} d ago", seconds / DAY),
            _ => self.at.date(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_in_the_largest_unit_that_fits() {
        let now = Timestamp::parse("2026-11-21T12:00:00Z").unwrap();
        let shown = |seconds: i64| Moment::new(now.plus_seconds(-seconds), now).shown();
        for (seconds, expected) in [
            (0, "just now"),
            (59, "just now"),
            (60, "1 min ago"),
            (7_199, "1 h ago"),
            (86_400, "1 d ago"),
            (40 * 86_400, "2026-10-12"),
            (-3_600, "2026-11-21 13:00:00 UTC"),
        ] {
            assert_eq!(shown(seconds), expected, "{seconds} s");
        }
    }
}
