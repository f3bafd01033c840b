//! The chart of an error's occurrences: its time range and its bars.

use http::Uri;
use model::time::Timestamp;
use serde::Deserialize;
use web_pages::{Chart, ChartBar, Ranges};
use web_session::address::with_query;

use super::words::format_minute;

/// The time ranges on offer: name, word in the URL, length in hours, unit of the bars.
const RANGES: [(&str, &str, i64, &str); 4] = [
    ("1 h", "1h", 1, "minute"),
    ("24 h", "24h", 24, "hour"),
    ("14 d", "14d", 14 * 24, "hour"),
    ("90 d", "90d", 90 * 24, "day"),
];
const DEFAULT_RANGE: usize = 1;

#[derive(Deserialize)]
pub(super) struct ErrorTimeline {
    points: Vec<TimelinePoint>,
    end: Timestamp,
    releases: Vec<TimelineRelease>,
}

#[derive(Deserialize)]
struct TimelinePoint {
    start: Timestamp,
    count: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TimelineRelease {
    release: String,
    first_seen: Timestamp,
}

/// The time range that is shown.
pub(super) struct Range {
    start: Timestamp,
    end: Timestamp,
    unit: &'static str,
    /// The index in `RANGES`; `None` for a custom range.
    choice: Option<usize>,
}

impl Range {
    /// Reads the range from the URL: a word in `range`, or the times in `from` and `to`.
    pub(super) fn parse(uri: &Uri, now: Timestamp) -> Self {
        let parameters = http_common::parse_query(uri.query());
        let parameter = |name: &str| parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let moment = |name| parameter(name).and_then(|text| Timestamp::parse(text).ok());
        if let (Some(start), Some(end)) = (moment("from"), moment("to"))
            && start < end
        {
            let unit = match end.seconds() - start.seconds() {
                ..=10_800 => "minute",
                10_801..=1_209_600 => "hour",
                _ => "day",
            };
            return Self { start, end, unit, choice: None };
        }
        let word = parameter("range").unwrap_or_default();
        let choice = RANGES.iter().position(|(_, range, ..)| *range == word).unwrap_or(DEFAULT_RANGE);
        Self::offered(choice, now)
    }

    /// Returns the range that is shown first.
    pub(super) fn default_at(now: Timestamp) -> Self {
        Self::offered(DEFAULT_RANGE, now)
    }

    /// Returns a range of `RANGES`, which ends now.
    fn offered(choice: usize, now: Timestamp) -> Self {
        let (_, _, hours, unit) = RANGES[choice];
        Self { start: now.plus_seconds(-hours * 3_600), end: now, unit, choice: Some(choice) }
    }

    /// Returns the URL of the API at `path` for this range.
    pub(super) fn api_address(&self, path: String) -> String {
        let (start, end) = (self.start.to_string(), self.end.to_string());
        with_query(path, [("unit", self.unit), ("start", &start), ("end", &end)])
    }

    /// Returns the URL of the page at `path` with this range.
    pub(super) fn page_address(&self, path: String) -> String {
        match self.choice {
            Some(DEFAULT_RANGE) => path,
            Some(choice) => with_query(path, [("range", RANGES[choice].1)]),
            None => {
                with_query(path, [("from", self.start.to_string().as_str()), ("to", self.end.to_string().as_str())])
            }
        }
    }

    pub(super) fn list_choices(&self, base: &str) -> Ranges {
        let choice = |(index, (name, word, ..)): (usize, &(&'static str, &str, i64, &str))| {
            (*name, format!("{base}?range={word}"), self.choice == Some(index))
        };
        Ranges {
            choices: RANGES.iter().enumerate().map(choice).collect(),
            zoomed: self
                .choice
                .is_none()
                .then(|| format!("{} to {} UTC", format_minute(self.start), format_minute(self.end))),
        }
    }
}

impl ErrorTimeline {
    /// Draws the chart of `range`. Each bar links to its own time span in more detail: a day in hours, an hour in
    /// minutes.
    pub(super) fn draw(self, base: &str, range: &Range) -> Chart {
        let points = self.points;
        let ends = points.iter().skip(1).map(|point| point.start).chain([self.end]);
        let bars = points.iter().zip(ends).map(|(point, end)| {
            let (text, length) = (point.start.to_string(), end.seconds() - point.start.seconds());
            let name = format_label(point.start, range.unit);
            let zoom = || with_query(base, [("from", text.as_str()), ("to", end.to_string().as_str())]);
            ChartBar { start: point.start, name, count: point.count, href: (length > 60 && point.count > 0).then(zoom) }
        });
        let releases: Vec<_> = self.releases.iter().map(|mark| (mark.first_seen, mark.release.clone())).collect();
        // The ranges on offer end when the page is drawn.
        let last = if range.choice.is_some() { "now".to_owned() } else { format_label(self.end, range.unit) };
        Chart::new(bars.collect(), self.end, &last, &releases)
    }
}

/// Formats a time as the label of a bar of this unit.
fn format_label(at: Timestamp, unit: &str) -> String {
    let text = at.to_string();
    match unit {
        "minute" => text[11..16].to_owned(),
        "hour" => format!("{} {}", &text[5..10], &text[11..16]),
        _ => text[..10].to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The label on the right is the end of the range, not the start of the last bar.
    #[test]
    fn a_chart_ends_at_the_end_of_its_range() {
        let at = |text: &str| Timestamp::parse(text).unwrap();
        let now = at("2026-11-21T12:30:00Z");
        for (query, end, expected) in [
            ("", now, "now"),
            ("range=90d", now, "now"),
            ("from=2026-11-20T00:00:00Z&to=2026-11-21T00:00:00Z", at("2026-11-21T00:00:00Z"), "11-21 00:00"),
            ("from=2026-11-20T10:00:00Z&to=2026-11-20T11:00:00Z", at("2026-11-20T11:00:00Z"), "11:00"),
        ] {
            let range = Range::parse(&format!("/x?{query}").parse().unwrap(), now);
            let points = vec![TimelinePoint { start: range.start, count: 1 }];
            let chart = ErrorTimeline { points, end, releases: Vec::new() }.draw("/x", &range);
            let svg = web_pages::page(&chart).unwrap();
            assert!(svg.contains(&format!("<span>{expected}</span></div>")), "{query}: {svg}");
        }
    }

    #[test]
    fn a_range_is_a_word_or_two_times() {
        let now = Timestamp::parse("2026-11-21T12:00:00Z").unwrap();
        let range = |query: &str| Range::parse(&format!("/x?{query}").parse().unwrap(), now);
        assert_eq!((range("").unit, range("").choice), ("hour", Some(DEFAULT_RANGE)));
        assert_eq!(range("range=90d").unit, "day");
        let zoomed = range("from=2026-11-21T10:00:00Z&to=2026-11-21T11:00:00Z");
        assert_eq!((zoomed.unit, zoomed.choice), ("minute", None));
        assert_eq!(range("").page_address("/x".to_owned()), "/x");
        assert_eq!(range("range=90d").page_address("/x".to_owned()), "/x?range=90d");
        let uri = zoomed.page_address("/x".to_owned()).parse().unwrap();
        assert_eq!((Range::parse(&uri, now).start, Range::parse(&uri, now).end), (zoomed.start, zoomed.end));
        assert_eq!(range("from=2026-11-21T10:00:00Z&to=2026-11-20T10:00:00Z").choice, Some(DEFAULT_RANGE), "backwards");
    }
}
