use std::io;

use super::FrameRange;

/// zstd's default level. Higher levels take several times the CPU time to save a few per cent.
const LEVEL: i32 = 3;

/// Builds a segment frame by frame.
pub struct SegmentWriter {
    compressor: zstd::bulk::Compressor<'static>,
    raw: Vec<u8>,
    out: Vec<u8>,
}

impl SegmentWriter {
    /// Creates an empty segment.
    #[expect(clippy::new_without_default, reason = "it allocates a compression context, which a default would hide")]
    pub fn new() -> Self {
        Self {
            compressor: zstd::bulk::Compressor::new(LEVEL).expect("level 3 exists"),
            raw: Vec::new(),
            out: Vec::new(),
        }
    }

    /// Appends a frame with these `lines` (JSON texts without line breaks, none of them empty) and returns its
    /// position.
    pub fn frame<'a>(&mut self, lines: impl IntoIterator<Item = &'a [u8]>) -> io::Result<FrameRange> {
        self.raw.clear();
        for line in lines {
            self.raw.extend_from_slice(line);
            self.raw.push(b'\n');
        }
        let offset = self.out.len();
        // Compress directly into the segment: a buffer per frame would be an allocation for each error and batch.
        self.out.resize(offset + zstd::zstd_safe::compress_bound(self.raw.len()), 0);
        let length = self.compressor.compress_to_buffer(&self.raw, &mut self.out[offset..])?;
        self.out.truncate(offset + length);
        Ok(FrameRange { offset: offset as u64, length: length as u64 })
    }

    /// The length of the segment so far, in bytes.
    pub fn len(&self) -> usize {
        self.out.len()
    }

    /// Whether the segment has no frames yet.
    pub fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    /// Returns the finished segment.
    pub fn finish(self) -> Vec<u8> {
        self.out
    }
}
