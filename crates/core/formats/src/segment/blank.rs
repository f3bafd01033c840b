//! Overwriting a frame in place, so that nothing of it is left and every zstd reader can still read the rest.
//!
//! A frame is replaced by an ordinary frame of exactly the same length that decodes to nothing. zstd has skippable
//! frames for this purpose, but not every reader knows them: Trino's reader rejects the whole object.
//!
//! An ordinary frame is a magic number, a header and blocks. An empty uncompressed block has three bytes, so the header
//! must leave a multiple of three bytes. The header has 2, 6 or 10 bytes, depending on how the content size is written.
//! This covers every length from 17 bytes on, and most shorter ones. In frames of 10, 11 and 14 bytes, which is shorter
//! than any occurrence, the only block holds line ends, which readers of lines skip.

use super::{BadFrame, FrameRange};

/// The first bytes of a zstd frame.
const MAGIC: [u8; 4] = 0xFD2F_B528_u32.to_le_bytes();

/// Headers of frames without content, shortest first. Each has a descriptor, the smallest window, and the content size:
/// left out, or 0 in four or eight bytes.
const HEADERS: [&[u8]; 3] = [&[0x00, 0], &[0x80, 0, 0, 0, 0, 0], &[0xC0, 0, 0, 0, 0, 0, 0, 0, 0, 0]];
/// The bit that marks the last block of a frame. The block's type, 0, means that it is not compressed.
const LAST: u8 = 1;
/// Size of a block's header, in bytes. It has the bit [`LAST`], two bits for the type, and 21 bits for the size.
const BLOCK: usize = 3;

/// Overwrites the frame at `range` with a frame of the same length that decodes to nothing. No byte of the old frame is
/// left, and all other frames stay where they are. Blanking a blanked frame again changes nothing.
///
/// Fails without changing anything if `range` is not within the segment, or if no frame begins there.
pub fn blank(segment: &mut [u8], range: FrameRange) -> Result<(), BadFrame> {
    let place = usize::try_from(range.offset).ok().zip(usize::try_from(range.length).ok());
    let frame = place
        .and_then(|(start, length)| segment.get_mut(start..start.checked_add(length)?))
        .filter(|frame| frame.starts_with(&MAGIC))
        .ok_or(BadFrame::Range(range))?;
    let (header, text) = parts(frame.len()).ok_or(BadFrame::Range(range))?;

    let (start, blocks) = frame.split_at_mut(MAGIC.len() + header.len());
    start[..MAGIC.len()].copy_from_slice(&MAGIC);
    start[MAGIC.len()..].copy_from_slice(header);
    blocks.fill(0);
    let (last, line_ends) = blocks.split_at_mut(blocks.len() - text);
    line_ends.fill(b'\n');
    let last = last.len() - BLOCK;
    // There are fewer than 32 line ends, so the size fits into the first byte.
    blocks[last] = LAST | (text as u8) << 3;
    Ok(())
}

/// Returns the header of a blank frame of `length` bytes, and the number of line ends that its last block holds.
/// Returns `None` if no frame is that short.
fn parts(length: usize) -> Option<(&'static [u8], usize)> {
    let room = |header: &[u8]| length.checked_sub(MAGIC.len() + header.len()).filter(|&room| room >= BLOCK);
    let fits = HEADERS.into_iter().find(|header| room(header).is_some_and(|room| room % BLOCK == 0));
    match fits {
        Some(header) => Some((header, 0)),
        None => room(HEADERS[0]).map(|room| (HEADERS[0], room - BLOCK)),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;
    use crate::segment::{SegmentWriter, lines};

    /// The shortest frame that zstd writes.
    const SHORTEST: usize = 9;

    /// A frame of `length` bytes after it was blanked.
    fn blanked(length: usize) -> Vec<u8> {
        let mut frame = vec![0xAB; length];
        frame[..4].copy_from_slice(&MAGIC);
        blank(&mut frame, FrameRange { offset: 0, length: length as u64 }).unwrap();
        frame
    }

    fn check(length: usize) {
        let frame = blanked(length);
        assert_eq!(frame.len(), length);
        assert!(!frame.contains(&0xAB), "{length}");
        assert_eq!(zstd::zstd_safe::find_frame_compressed_size(&frame), Ok(length), "it is one frame");
        let mut text = Vec::new();
        zstd::stream::read::Decoder::new(frame.as_slice()).unwrap().read_to_end(&mut text).unwrap();
        let expected = if [10, 11, 14].contains(&length) { length - SHORTEST } else { 0 };
        assert_eq!(text, vec![b'\n'; expected], "{length}");
        assert_eq!(lines(&frame).count(), 0, "{length}: a reader of lines finds none");
        assert_eq!(zstd::bulk::decompress(&frame, 64).unwrap(), text, "{length}: in one go too");
    }

    #[test]
    fn a_frame_of_any_length_is_blanked() {
        let written = SegmentWriter::new().frame(std::iter::empty()).unwrap();
        assert_eq!(written.length, SHORTEST as u64);
        (SHORTEST..2_000).for_each(check);
        for length in 0..SHORTEST {
            let mut frame = [MAGIC.as_slice(), &[0; 8]].concat();
            frame.truncate(length);
            let before = frame.clone();
            assert!(blank(&mut frame, FrameRange { offset: 0, length: length as u64 }).is_err());
            assert_eq!(frame, before);
        }
    }

    proptest::proptest! {
        #[test]
        fn long_frames_are_blanked_too(length in 2_000_usize..300_000) {
            check(length);
        }

        #[test]
        fn what_is_around_a_blanked_frame_is_read_as_before(
            frames in proptest::collection::vec(proptest::collection::vec("[^\n]{1,200}", 1..20), 1..5),
            which in 0_usize..5,
        ) {
            let mut writer = SegmentWriter::new();
            let ranges: Vec<_> = frames.iter().map(|frame| writer.frame(frame.iter().map(String::as_bytes)).unwrap()).collect();
            let (mut segment, which) = (writer.finish(), which % frames.len());
            blank(&mut segment, ranges[which]).unwrap();
            let read: Vec<_> = lines(&segment).map(|line| String::from_utf8(line.unwrap()).unwrap()).collect();
            let kept = frames.iter().enumerate().filter(|(index, _)| *index != which);
            proptest::prop_assert_eq!(read, kept.flat_map(|(_, frame)| frame.clone()).collect::<Vec<_>>());
        }
    }
}
