use std::io::{self, BufRead, BufReader, Read};

use zstd::dict::DecoderDictionary;
use zstd::stream::read::Decoder;

use super::FrameRange;

/// An error from reading or blanking a frame.
#[derive(Debug, thiserror::Error)]
pub enum BadFrame {
    /// The bytes are not a zstd frame of lines.
    #[error("a segment frame cannot be decoded: {0}")]
    Decode(#[from] io::Error),
    /// No frame begins at the range, or the range is not within the segment.
    #[error("there is no frame at {0:?} of the segment")]
    Range(FrameRange),
    /// A line is longer than any that faultline writes.
    #[error("a line of the frame is longer than {} bytes", MAX_LINE)]
    LongLine,
}

/// The longest line that is read, in bytes. It bounds the memory that a damaged or hostile frame can take.
const MAX_LINE: u64 = 32 << 20;

/// Returns the lines of a frame, or of several consecutive frames. They are unpacked as they are asked for, so that a
/// page of ten lines does not unpack a frame of ten thousand. A blanked frame has no lines. Empty lines are skipped, as
/// other readers of JSON lines do, because the shortest blanked frames contain some.
pub fn lines(frame: &[u8]) -> Lines<'_> {
    Lines::new(Decoder::with_buffer(frame))
}

/// The lines of a frame. It ends after the first error.
pub struct Lines<'a> {
    reader: Result<BufReader<Decoder<'static, &'a [u8]>>, Option<io::Error>>,
}

impl<'a> Lines<'a> {
    fn new(decoder: io::Result<Decoder<'static, &'a [u8]>>) -> Self {
        Self { reader: decoder.map(BufReader::new).map_err(Some) }
    }

    /// The lines of a frame that was compressed with a dictionary.
    pub(crate) fn with_dictionary(frame: &'a [u8], dictionary: &'static DecoderDictionary<'static>) -> Self {
        Self::new(Decoder::with_prepared_dictionary(frame, dictionary))
    }

    /// No lines, only this error.
    pub(crate) fn unreadable(why: &str) -> Self {
        Self { reader: Err(Some(io::Error::new(io::ErrorKind::InvalidData, why))) }
    }

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
