//! Charts of counts: SVG without a script. The title of each bar is its number.

use std::borrow::Borrow;
use std::fmt::Write;

use askama::Template;
use model::time::Timestamp;

use crate::text::{counted, number};

/// A word-sized chart of an error's or a project's last hours, oldest first.
#[derive(Clone, Debug, Default, Template)]
#[template(
    ext = "html",
    source = r#"<svg class="spark" viewBox="0 0 {{ counts.len() * 4 }} 24" preserveAspectRatio="none" role="img" aria-label="{{ self.label() }}"><path d="{{ self.path() }}"/></svg>"#
)]
pub struct Sparkline {
    counts: Vec<u64>,
}

impl Sparkline {
    /// Takes one count per hour, oldest first.
    pub fn new(counts: Vec<u64>) -> Self {
        Self { counts }
    }

    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    fn label(&self) -> String {
        format!("{} in {} h", number(self.total()), self.counts.len())
    }

    /// One stroke per bar. A list has 50 sparklines; a rectangle per hour would be most of the page's size.
    fn path(&self) -> String {
        self.bars().fold(String::new(), |mut path, (x, height)| {
            let _ = write!(path, "M{x} 24v-{height:.0}");
            path
        })
    }

    /// The position and height of each bar. Hours without events have no bar.
    fn bars(&self) -> impl Iterator<Item = (usize, f32)> {
        let most = self.counts.iter().copied().max().unwrap_or(1).max(1);
        let bars = self.counts.iter().enumerate().filter(|(_, count)| **count > 0);
        bars.map(move |(hour, count)| (hour * 4 + 2, height(*count, most, 23.0, 2.0)))
    }
}

/// The height of a bar: at least `least`, so that a count of one is visible next to a million.
fn height(count: u64, most: u64, highest: f32, least: f32) -> f32 {
    let height = count as f32 / most as f32 * (highest - least) + least;
    (height * 10.0).round() / 10.0
}

/// A timeline as bars over its whole range.
#[derive(Clone, Debug, Template)]
#[template(path = "chart.html")]
pub struct Chart {
    bars: Vec<ChartBar>,
    most: u64,
    /// Releases that were first seen in the range, with their x position.
    marks: Vec<(f32, String)>,
    /// The label of the start of the range.
    first: String,
    /// The label of its end.
    last: String,
}

#[derive(Clone, Debug)]
pub struct ChartBar {
    pub start: Timestamp,
    /// The label, in the time zone of the chart.
    pub name: String,
    pub count: u64,
    /// Link to a chart of this span in more detail.
    pub href: Option<String>,
}

/// The width of the picture in SVG units. The bars share it equally.
const WIDTH: f32 = 1_000.0;
const HEIGHT: f32 = 150.0;

impl Chart {
    /// Takes the bars, oldest first, the end of the last bar with its label, and the releases with the times they were
    /// first seen.
    pub fn new(bars: Vec<ChartBar>, end: Timestamp, last: &str, releases: &[(Timestamp, String)]) -> Self {
        let start = bars.first().map_or(end, |bar| bar.start);
        let span = (end.seconds() - start.seconds()).max(1) as f32;
        let place = |at: Timestamp| (at.seconds() - start.seconds()) as f32 / span * WIDTH;
        let marks = releases.iter().map(|(at, release)| (place(*at).round(), release.clone())).collect();
        let most = bars.iter().map(|bar| bar.count).max().unwrap_or_default();
        let first = bars.first().map(|bar| bar.name.clone()).unwrap_or_default();
        Self { first, last: last.to_owned(), bars, most, marks }
    }

    fn total(&self) -> u64 {
        self.bars.iter().map(|bar| bar.count).sum()
    }

    fn label(&self) -> String {
        let total = counted(self.total(), "event");
        format!("{total} from {} to {}, at most {} per bar", self.first, self.last, number(self.most))
    }

    fn step(&self) -> f32 {
        WIDTH / self.bars.len().max(1) as f32
    }

    fn x(&self, index: impl Borrow<usize>) -> f32 {
        (self.step() * *index.borrow() as f32 * 10.0).round() / 10.0
    }

    fn width(&self) -> f32 {
        ((self.step() * 0.86).max(0.5) * 10.0).round() / 10.0
    }

    fn height(&self, count: impl Borrow<u64>) -> f32 {
        let count = *count.borrow();
        if count == 0 { 0.0 } else { height(count, self.most, HEIGHT - 4.0, 3.0) }
    }

    fn y(&self, count: impl Borrow<u64>) -> f32 {
        HEIGHT - self.height(count)
    }

    fn title(&self, bar: &ChartBar) -> String {
        format!("{}: {}", bar.name, number(bar.count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_of_one_is_visible_next_to_a_million() {
        let spark = Sparkline::new(vec![1, 0, 1_000_000]);
        assert_eq!(spark.bars().collect::<Vec<_>>(), [(2, 2.0), (10, 23.0)]);
        assert_eq!(spark.label(), "1\u{202f}000\u{202f}001 in 3 h");
    }

    #[test]
    fn a_release_is_marked_where_it_was_first_seen() {
        let at = Timestamp::from_seconds;
        let bar = |start| ChartBar { start: at(start), name: format!("h{start}"), count: 1, href: None };
        let chart = Chart::new(vec![bar(0), bar(3_600)], at(7_200), "now", &[(at(3_600), "1.2".to_owned())]);
        assert_eq!(chart.marks, [(500.0, "1.2".to_owned())]);
        let svg = chart.render().unwrap();
        assert!(svg.contains("h3600: 1") && svg.contains("1.2"), "{svg}");
        assert!(svg.contains("2 events from h0 to now, at most 1 per bar"), "{svg}");
        assert!(svg.contains("<span>h0</span><span>max 1</span><span>now</span>"), "the end, not the last bar: {svg}");
    }

    #[test]
    fn charts_without_data_are_empty() {
        assert!(Chart::new(Vec::new(), Timestamp::from_seconds(0), "now", &[]).render().unwrap().contains("<svg"));
        assert!(Sparkline::default().render().unwrap().contains("<svg"));
    }
}
