//! Looks a position up in a block.

use crate::bytes::{BadMap, Bytes};
use crate::directory::{small, unpack};

/// The largest block, in bytes, before it is compressed. Names can be long.
const MAX_BLOCK: usize = 16 << 20;

/// The original place of a position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The number of the source.
    pub source: u32,
    /// Line and column in the source, from 0.
    pub line: u32,
    pub column: u32,
    /// The original name of the identifier at this place.
    pub name: Option<String>,
    /// The original name of the function around this place. Empty for an anonymous one; `None` if it is not known.
    pub function: Option<String>,
}

/// Finds what is at a position of the minified file, counted from 0, in the block that [`Directory::block`] names. `None` if
/// the map has nothing there, or says that the code was generated.
///
/// [`Directory::block`]: crate::Directory::block
pub fn find(packed: &[u8], line: u32, column: u32) -> Result<Option<Place>, BadMap> {
    let unpacked = unpack(packed, MAX_BLOCK)?;
    let mut bytes = Bytes(&unpacked);
    let mut found = None;
    let mut at = (0, 0);
    let (mut source_line, mut source_column) = (0i64, 0i64);
    for _ in 0..bytes.count()? {
        at = position(&mut bytes, at)?;
        let source = bytes.number()?;
        let mut place = None;
        if source > 0 {
            source_line = source_line.wrapping_add(bytes.signed()?);
            source_column = source_column.wrapping_add(bytes.signed()?);
            place = Some((source - 1, source_line, source_column, bytes.number()?));
        }
        // A mapping holds to the end of its line.
        if at.0 == line && at.1 <= column {
            found = place;
        }
    }
    let mut scope = 0;
    let mut at = (0, 0);
    for number in 0..bytes.count()? {
        if number > 0 {
            at = position(&mut bytes, at)?;
        }
        let next = bytes.number()?;
        if at <= (line, column) {
            scope = next;
        }
    }
    let texts = (0..bytes.count()?).map(|_| bytes.text()).collect::<Result<Vec<_>, _>>()?;
    let text = |number: u64| {
        let index = usize::try_from(number).unwrap_or(usize::MAX).checked_sub(1)?;
        texts.get(index).map(|text| (*text).to_owned())
    };
    let bad = || BadMap("a place is negative");
    let Some((source, line, column, name)) = found else { return Ok(None) };
    Ok(Some(Place {
        source: small(source)?,
        line: u32::try_from(line).map_err(|_| bad())?,
        column: u32::try_from(column).map_err(|_| bad())?,
        name: text(name),
        function: text(scope),
    }))
}

fn position(bytes: &mut Bytes<'_>, at: (u32, u32)) -> Result<(u32, u32), BadMap> {
    let (lines, columns) = (small(bytes.number()?)?, small(bytes.number()?)?);
    let column = if lines == 0 { at.1.checked_add(columns) } else { Some(columns) };
    let position = at.0.checked_add(lines).zip(column);
    position.ok_or(BadMap("a position is too large"))
}
