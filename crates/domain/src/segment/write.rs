use std::io;

use super::{BadFrame, FrameRange};

/// zstd's default level. Higher ones take several times the CPU for some per cent of size.
const LEVEL: i32 = 3;
/// A zstd skippable frame: this, four bytes of length (little-endian), and that many bytes which every reader skips.
const SKIPPABLE: u32 = 0x184D_2A50;
const SKIPPABLE_HEADER: usize = 8;
/// How a zstd frame begins.
const ZSTD: u32 = 0xFD2F_B528;

/// Builds a segment frame by frame.
pub struct SegmentWriter {
    compressor: zstd::bulk::Compressor<'static>,
    raw: Vec<u8>,
    out: Vec<u8>,
}

impl SegmentWriter {
    /// An empty segment.
    #[expect(clippy::new_without_default, reason = "it allocates a compression context, which a default would hide")]
    pub fn new() -> Self {
        Self {
            compressor: zstd::bulk::Compressor::new(LEVEL).expect("level 3 exists"),
            raw: Vec::new(),
            out: Vec::new(),
        }
    }

    /// Appends one frame of `lines` (JSON texts without line breaks) and says where it lies.
    pub fn frame<'a>(&mut self, lines: impl IntoIterator<Item = &'a [u8]>) -> io::Result<FrameRange> {
        self.raw.clear();
        for line in lines {
            self.raw.extend_from_slice(line);
            self.raw.push(b'\n');
        }
        let offset = self.out.len();
        // Compressed into its own place: a frame per error and batch would otherwise allocate for each.
        self.out.resize(offset + zstd::zstd_safe::compress_bound(self.raw.len()), 0);
        let length = self.compressor.compress_to_buffer(&self.raw, &mut self.out[offset..])?;
        self.out.truncate(offset + length);
        Ok(FrameRange { offset: offset as u64, length: length as u64 })
    }

    /// How many bytes there are so far.
    pub fn len(&self) -> usize {
        self.out.len()
    }

    /// Whether there is no frame yet.
    pub fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    /// The segment.
    pub fn finish(self) -> Vec<u8> {
        self.out
    }
}

/// Overwrites the frame at `range` by a skippable frame of the same length, filled with zeros: no byte of it is left,
/// and every other frame stays where it was. Blanking a blanked frame changes nothing.
///
/// Fails, changing nothing, if `range` is not where a frame begins or is not within the segment.
pub fn blank(segment: &mut [u8], range: FrameRange) -> Result<(), BadFrame> {
    let start = usize::try_from(range.offset).map_err(|_| BadFrame::Range(range))?;
    let frame = usize::try_from(range.length)
        .ok()
        .filter(|&length| length >= SKIPPABLE_HEADER)
        .and_then(|length| segment.get_mut(start..start.checked_add(length)?))
        .ok_or(BadFrame::Range(range))?;
    let magic = u32::from_le_bytes(frame[..4].try_into().expect("at least eight bytes"));
    if magic != ZSTD && magic != SKIPPABLE {
        return Err(BadFrame::Range(range));
    }
    let length = u32::try_from(frame.len() - SKIPPABLE_HEADER).map_err(|_| BadFrame::Range(range))?;
    frame[..4].copy_from_slice(&SKIPPABLE.to_le_bytes());
    frame[4..8].copy_from_slice(&length.to_le_bytes());
    frame[8..].fill(0);
    Ok(())
}
