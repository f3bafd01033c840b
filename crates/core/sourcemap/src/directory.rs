//! The directory of a map: where its blocks and sources are in the object.

use crate::bytes::{BadMap, Bytes, put, put_text};

/// The version of the stored form.
const VERSION: u8 = 1;
/// The largest directory, in bytes, before it is compressed.
const MAX_DIRECTORY: usize = 32 << 20;

/// A part of an object in the bucket, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ObjectRange {
    pub offset: u64,
    pub length: u64,
}

/// Where the parts of a map are. It is the first thing that a look-up reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directory {
    pub(crate) blocks: Vec<BlockEntry>,
    pub(crate) sources: Vec<SourceEntry>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BlockEntry {
    /// The position of its first mapping in the minified file, from 0.
    pub(crate) first: (u32, u32),
    pub(crate) range: ObjectRange,
}

/// A source file that the map names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceEntry {
    /// Its path, as the map has it.
    pub name: String,
    /// Whether the map's `ignoreList` has it: it is third-party code.
    pub is_ignored: bool,
    /// Where its text is; `None` if the map does not contain it.
    pub text: Option<ObjectRange>,
}

impl Directory {
    /// Reads a directory as it is in the object.
    pub fn parse(packed: &[u8]) -> Result<Self, BadMap> {
        let bytes = unpack(packed, MAX_DIRECTORY)?;
        let (&version, rest) = bytes.split_first().ok_or(BadMap("it is empty"))?;
        if version != VERSION {
            return Err(BadMap("this version of faultline does not know its form"));
        }
        let mut bytes = Bytes(rest);
        let mut directory = Self::default();
        let (mut line, mut offset) = (0u32, 0u64);
        for _ in 0..bytes.count()? {
            line = line.saturating_add(small(bytes.number()?)?);
            let column = small(bytes.number()?)?;
            let range = next_range(&mut bytes, &mut offset)?;
            directory.blocks.push(BlockEntry { first: (line, column), range });
        }
        for _ in 0..bytes.count()? {
            let name = bytes.text()?.to_owned();
            let flags = bytes.number()?;
            let text = if flags & 2 != 0 { Some(next_range(&mut bytes, &mut offset)?) } else { None };
            directory.sources.push(SourceEntry { name, is_ignored: flags & 1 != 0, text });
        }
        Ok(directory)
    }

    /// The form in which the directory is stored.
    /// Compresses a part of an object.
    pub fn pack(&self) -> std::io::Result<Vec<u8>> {
        let mut out = vec![VERSION];
        put(&mut out, self.blocks.len() as u64);
        let (mut line, mut offset) = (0, 0);
        let put_range = |out: &mut Vec<u8>, offset: &mut u64, range: &ObjectRange| {
            put(out, range.offset - *offset);
            put(out, range.length);
            *offset = range.offset + range.length;
        };
        for block in &self.blocks {
            put(&mut out, u64::from(block.first.0 - line));
            put(&mut out, u64::from(block.first.1));
            put_range(&mut out, &mut offset, &block.range);
            line = block.first.0;
        }
        put(&mut out, self.sources.len() as u64);
        for source in &self.sources {
            put_text(&mut out, &source.name);
            put(&mut out, u64::from(source.is_ignored) | u64::from(source.text.is_some()) << 1);
            if let Some(text) = &source.text {
                put_range(&mut out, &mut offset, text);
            }
        }
        pack(&out)
    }

    /// The block that has the mapping for a position of the minified file, counted from 0; `None` if the map begins after
    /// it.
    pub fn block(&self, line: u32, column: u32) -> Option<ObjectRange> {
        let after = self.blocks.partition_point(|block| block.first <= (line, column));
        Some(self.blocks[after.checked_sub(1)?].range)
    }

    pub fn source(&self, index: u32) -> Option<&SourceEntry> {
        self.sources.get(index as usize)
    }

    /// The approximate memory that it takes, in bytes.
    pub fn size(&self) -> usize {
        let names: usize = self.sources.iter().map(|source| source.name.len() + 56).sum();
        names + self.blocks.len() * 24
    }
}

/// Reads a range that begins at or after the end of the one before.
fn next_range(bytes: &mut Bytes<'_>, offset: &mut u64) -> Result<ObjectRange, BadMap> {
    let start = offset.checked_add(bytes.number()?);
    let length = bytes.number()?;
    let end = start.and_then(|start| start.checked_add(length));
    let (Some(start), Some(end)) = (start, end) else { return Err(BadMap("a part is too far away")) };
    *offset = end;
    Ok(ObjectRange { offset: start, length })
}

pub(crate) fn small(number: u64) -> Result<u32, BadMap> {
    u32::try_from(number).map_err(|_| BadMap("a number is too large"))
}

const LEVEL: i32 = 3;

/// Compresses a part of an object.
pub fn pack(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    zstd::bulk::compress(bytes, LEVEL)
}

/// Decompresses a part of an object that has at most `limit` bytes then.
pub fn unpack(packed: &[u8], limit: usize) -> Result<Vec<u8>, BadMap> {
    zstd::bulk::decompress(packed, limit).map_err(|_| BadMap("a part cannot be decompressed"))
}
