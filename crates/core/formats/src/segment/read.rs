use std::io::{self, BufRead, BufReader, Read};

use super::FrameRange;

/// Why a frame cannot be read or blanked.
#[derive(Debug, thiserror::Error)]
pub enum BadFrame {
    /// The bytes are no zstd frame of lines.
    #[error("a segment frame cannot be decoded: {0}")]
    Decode(#[from] io::Error),
    /// The range is not where a frame lies.
    #[error("no frame lies at {0:?} of the segment")]
    Range(FrameRange),
    /// A line is longer than any that was ever written.
    #[error("a line of the frame is longer than {} bytes", MAX_LINE)]
    LongLine,
}

/// No line longer than this is read, in bytes: what bounds the memory that a damaged or hostile frame can take.
const MAX_LINE: u64 = 32 << 20;

/// The lines of a frame (or of several, one after the other), unpacked as they are asked for, so that a page of ten
/// does not unpack a frame of ten thousand. A blanked frame has none; empty lines are skipped, as other readers of JSON lines
/// do: the shortest blanked frames hold some.
pub fn lines(frame: &[u8]) -> Lines<'_> {
    Lines { reader: zstd::stream::read::Decoder::with_buffer(frame).map(BufReader::new).map_err(Some) }
}

/// See [`lines`]. Ends after the first error.
pub struct Lines<'a> {
    reader: Result<BufReader<zstd::stream::read::Decoder<'static, &'a [u8]>>, Option<io::Error>>,
}

impl Lines<'_> {
    fn read(&mut self) -> Result<Option<Vec<u8>>, BadFrame> {
        let reader = match &mut self.reader {
            Ok(reader) => reader,
            Err(error) => return error.take().map_or(Ok(None), |error| Err(error.into())),
        };
        let mut line = Vec::new();
        loop {
            if reader.by_ref().take(MAX_LINE).read_until(b'\n', &mut line)? == 0 {
                return Ok(None);
            }
            match line.pop() {
                Some(b'\n') if line.is_empty() => {}
                Some(b'\n') => return Ok(Some(line)),
                _ if line.len() as u64 + 1 >= MAX_LINE => return Err(BadFrame::LongLine),
                _ => return Err(BadFrame::Decode(io::ErrorKind::UnexpectedEof.into())),
            }
        }
    }
}

impl Iterator for Lines<'_> {
    type Item = Result<Vec<u8>, BadFrame>;

    fn next(&mut self) -> Option<Self::Item> {
        let line = self.read().transpose();
        if !matches!(line, Some(Ok(_))) {
            self.reader = Err(None);
        }
        line
    }
}
