//! Tables of aligned text.

use super::text::{cut, width};
use super::tone::Tone;

/// The space between two columns.
const GAP: &str = "  ";
/// Minimum width of the last column, in columns of the terminal.
const NARROWEST: usize = 16;

/// A table whose last column is cut to the space that is left in the terminal.
pub struct Table {
    head: Vec<&'static str>,
    rows: Vec<Vec<(Tone, String)>>,
}

impl Table {
    /// Creates an empty table with these headings. A heading that begins with `#` marks a column of numbers, which are
    /// right-aligned.
    pub fn new<const N: usize>(head: [&'static str; N]) -> Self {
        Self { head: head.to_vec(), rows: Vec::new() }
    }

    /// Adds a row: a cell for each column.
    pub fn row<const N: usize>(&mut self, cells: [(Tone, String); N]) {
        self.rows.push(cells.into());
    }

    /// Whether the table has no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Formats the table as text, at most `columns` wide if given. `tone` adds colours.
    pub(crate) fn render(&self, columns: Option<usize>, tone: impl Fn(Tone, &str) -> String) -> String {
        let last = self.head.len() - 1;
        let mut widths: Vec<_> = self.head.iter().map(|head| width(head.trim_start_matches('#'))).collect();
        for row in &self.rows {
            for (widest, (_, cell)) in widths.iter_mut().zip(row) {
                *widest = (*widest).max(width(cell));
            }
        }
        let before: usize = widths[..last].iter().map(|width| width + GAP.len()).sum();
        if let Some(columns) = columns {
            widths[last] = widths[last].min(columns.saturating_sub(before).max(NARROWEST));
        }
        let line = |cells: &mut dyn Iterator<Item = (Tone, &str)>| {
            let mut line = String::new();
            for (index, (set, cell)) in cells.enumerate() {
                let cell = cut(cell, widths[index]);
                let blank = " ".repeat(widths[index] - width(&cell));
                match self.head[index].starts_with('#') {
                    true => line.extend([blank.as_str(), &tone(set, &cell)]),
                    false if index == last => line.push_str(&tone(set, &cell)),
                    false => line.extend([&tone(set, &cell), blank.as_str()]),
                }
                if index < last {
                    line.push_str(GAP);
                }
            }
            line.trim_end().to_owned()
        };
        let head = line(&mut self.head.iter().map(|head| (Tone::Dim, head.trim_start_matches('#'))));
        let rows = self.rows.iter().map(|row| line(&mut row.iter().map(|(tone, cell)| (*tone, cell.as_str()))));
        std::iter::once(head).chain(rows).collect::<Vec<_>>().join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_the_last_is_cut() {
        let mut table = Table::new(["NAME", "#COUNT", "MESSAGE"]);
        for (name, count, message) in
            [("日本", "7", "short"), ("a", "12345", "a message that is longer than it may be")]
        {
            table.row([(Tone::Plain, name.into()), (Tone::Plain, count.into()), (Tone::Red, message.into())]);
        }
        let plain = |_: Tone, text: &str| text.to_owned();
        let expected = "NAME  COUNT  MESSAGE\n日本      7  short\na     12345  a message that is…";
        assert_eq!(table.render(Some(31), plain), expected);
        assert!(table.render(None, plain).ends_with("than it may be"), "without a terminal nothing is cut");
        let marked =
            table.render(Some(31), |tone, text| if tone == Tone::Red { format!("<{text}>") } else { text.into() });
        assert!(marked.ends_with("12345  <a message that is…>"), "{marked}");
    }
}
