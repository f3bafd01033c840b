//! Overwriting a frame in place, so that nothing of it is left and every zstd reader still reads the rest.
//!
//! A frame is replaced by an ordinary frame of exactly the same length that decodes to nothing. zstd has skippable frames
//! for such a purpose, but not every reader knows them: Trino's refuses the whole object.
//!
//! An ordinary frame is a magic number, a header, and blocks. An empty block without compression is three bytes, so the
//! header's length has to leave a multiple of three: it is 2, 6 or 10 bytes, by how the content size is written. That
//! gives every length from 17 bytes on, and most shorter ones. For 10, 11 and 14 bytes, shorter than any occurrence, the
//! only block holds line ends, which readers of lines skip.

use super::{BadFrame, FrameRange};

/// How a zstd frame begins.
const MAGIC: [u8; 4] = 0xFD2F_B528_u32.to_le_bytes();
/// How a skippable frame begins: deleting once wrote these.
const SKIPPABLE: [u8; 4] = 0x184D_2A50_u32.to_le_bytes();

/// Headers of frames without content, the shortest first: a descriptor, the smallest window, and the content size, which
/// is left out, or 0 in four or eight bytes.
const HEADERS: [&[u8]; 3] = [&[0x00, 0], &[0x80, 0, 0, 0, 0, 0], &[0xC0, 0, 0, 0, 0, 0, 0, 0, 0, 0]];
/// The last block of a frame; its type, 0, says that it is not compressed.
const LAST: u8 = 1;
/// Bytes of a block's header: the bit [`LAST`], two bits for its type, and 21 bits for its size.
const BLOCK: usize = 3;

/// Overwrites the frame at `range` by a frame of the same length that decodes to nothing: no byte of it is left, and every
/// other frame stays where it was. Blanking a blanked frame changes nothing.
///
/// Fails, changing nothing, if `range` is not where a frame begins or is not within the segment.
pub fn blank(segment: &mut [u8], range: FrameRange) -> Result<(), BadFrame> {
    let place = usize::try_from(range.offset).ok().zip(usize::try_from(range.length).ok());
    let frame = place
        .and_then(|(start, length)| segment.get_mut(start..start.checked_add(length)?))
        .filter(|frame| frame.starts_with(&MAGIC) || frame.starts_with(&SKIPPABLE))
        .ok_or(BadFrame::Range(range))?;
    let (header, text) = parts(frame.len()).ok_or(BadFrame::Range(range))?;

    let (start, blocks) = frame.split_at_mut(MAGIC.len() + header.len());
    start[..MAGIC.len()].copy_from_slice(&MAGIC);
    start[MAGIC.len()..].copy_from_slice(header);
    blocks.fill(0);
    let (last, line_ends) = blocks.split_at_mut(blocks.len() - text);
    line_ends.fill(b'\n');
    let last = last.len() - BLOCK;
    // Fewer than 32 line ends: the size is in the first byte.
    blocks[last] = LAST | (text as u8) << 3;
    Ok(())
}

/// The header of a blank frame of `length` bytes, and how many line ends its last block holds. `None` for less than any
/// frame has.
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

    /// A frame of `length` bytes that is blanked.
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

    /// Frames that earlier deletions wrote can be blanked as well.
    #[test]
    fn a_skippable_frame_becomes_an_ordinary_one() {
        let mut frame = [SKIPPABLE.as_slice(), &20_u32.to_le_bytes(), &[0; 20]].concat();
        blank(&mut frame, FrameRange { offset: 0, length: 28 }).unwrap();
        assert_eq!(frame, blanked(28));
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
