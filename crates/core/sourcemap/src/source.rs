//! The lines of a source around a place.

use std::io::Read;

use crate::bytes::BadMap;

/// The largest source whose text is stored, in bytes.
pub const MAX_SOURCE: usize = 8 << 20;
/// Lines before and after the place.
const LINES: usize = 5;
/// The longest line that is shown in full, in characters. Of a longer one, the part around the column is shown.
const MAX_LINE: usize = 140;
const SNIP: &str = "{snip}";

/// The source line of a place, and those before and after it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    pub before: Vec<String>,
    pub line: String,
    pub after: Vec<String>,
}

/// Returns the lines around a place in a stored source. `None` if the source has no such line.
pub fn around(packed: &[u8], line: u32, column: u32) -> Result<Option<Context>, BadMap> {
    let bad = |_| BadMap("a source cannot be decompressed");
    let mut text = Vec::new();
    let decoder = zstd::stream::read::Decoder::with_buffer(packed).map_err(bad)?;
    decoder.take(MAX_SOURCE as u64).read_to_end(&mut text).map_err(bad)?;
    let text = String::from_utf8_lossy(&text);
    let line = line as usize;
    let first = line.saturating_sub(LINES);
    let mut lines = text.split('\n').skip(first).map(|text| text.strip_suffix('\r').unwrap_or(text));
    let before = lines.by_ref().take(line - first).map(|text| cut_line(text, 0)).collect();
    let Some(own) = lines.next() else { return Ok(None) };
    let after = lines.take(LINES).map(|text| cut_line(text, 0)).collect();
    Ok(Some(Context { before, line: cut_line(own, column), after }))
}

/// Cuts a long line to the part around a column, which counts UTF-16 units.
pub fn cut_line(line: &str, column: u32) -> String {
    if line.len() <= MAX_LINE || line.chars().nth(MAX_LINE).is_none() {
        return line.to_owned();
    }
    let mut units = 0;
    let before = line.chars().take_while(|character| {
        units += character.len_utf16();
        units <= column as usize
    });
    let start = before.count().saturating_sub(MAX_LINE / 3);
    let shown: String = line.chars().skip(start).take(MAX_LINE).collect();
    let has_more = line.chars().nth(start + MAX_LINE).is_some();
    let (left, right) = (if start > 0 { SNIP } else { "" }, if has_more { SNIP } else { "" });
    format!("{left}{shown}{right}")
}
