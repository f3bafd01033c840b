//! The form of occurrences in S3: independent zstd frames, one after the other, each of them NDJSON with one occurrence
//! per line. A frame is addressed by its offset and length, so one ranged read gets one error's occurrences. `zstd -d`,
//! Athena and DuckDB read the whole object as it is.

mod blank;
mod read;
mod write;

use serde::{Deserialize, Serialize};

pub use blank::blank;
pub use read::{BadFrame, Lines, lines};
pub use write::SegmentWriter;

/// The position of a frame in its segment, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrameRange {
    pub offset: u64,
    pub length: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(frame: &[u8]) -> Vec<String> {
        lines(frame).map(|line| String::from_utf8(line.unwrap()).unwrap()).collect()
    }

    fn slice(segment: &[u8], range: FrameRange) -> &[u8] {
        &segment[range.offset as usize..(range.offset + range.length) as usize]
    }

    fn two_frames() -> (Vec<u8>, FrameRange, FrameRange) {
        let mut writer = SegmentWriter::new();
        let first = writer.frame([b"{\"a\":1}".as_slice(), b"{\"a\":2}"]).unwrap();
        let second = writer.frame([b"{\"b\":1}".as_slice()]).unwrap();
        (writer.finish(), first, second)
    }

    /// One frame can be read without the others.
    #[test]
    fn a_frame_is_read_by_its_offset_and_length() {
        let (segment, first, second) = two_frames();
        assert_eq!(read_all(slice(&segment, first)), ["{\"a\":1}", "{\"a\":2}"]);
        assert_eq!(read_all(slice(&segment, second)), ["{\"b\":1}"]);
        assert_eq!(read_all(&segment).len(), 3, "and the whole segment reads as one stream");
    }

    /// Deleting an error leaves no byte of its frame, and moves no other frame.
    #[test]
    fn a_blanked_frame_is_gone_and_the_others_stay_where_they_were() {
        let (mut segment, first, second) = two_frames();
        let length = segment.len();
        blank(&mut segment, first).unwrap();
        assert_eq!(segment.len(), length);
        assert_eq!(read_all(slice(&segment, first)), Vec::<String>::new());
        assert_eq!(read_all(slice(&segment, second)), ["{\"b\":1}"]);
        assert_eq!(read_all(&segment), ["{\"b\":1}"], "tools that read the whole object find nothing where it was");
        blank(&mut segment, first).unwrap();
    }

    #[test]
    fn a_range_outside_the_segment_is_refused_and_changes_nothing() {
        let (mut segment, first, _) = two_frames();
        let before = segment.clone();
        for bad in [
            FrameRange { offset: 0, length: segment.len() as u64 + 1 },
            FrameRange { offset: u64::MAX, length: 2 },
            FrameRange { offset: 0, length: 8 },
            FrameRange { offset: first.offset + 1, length: first.length },
        ] {
            assert!(blank(&mut segment, bad).is_err(), "{bad:?}");
        }
        assert_eq!(segment, before);
    }

    #[test]
    fn a_damaged_frame_is_an_error_not_a_panic() {
        let (segment, first, _) = two_frames();
        let frame = slice(&segment, first);
        for cut in 0..frame.len() {
            let _ = lines(&frame[..cut]).collect::<Vec<_>>();
        }
        let mut damaged = frame.to_vec();
        damaged[0] ^= 0xff;
        assert!(lines(&damaged).any(|line| line.is_err()));
    }

    proptest::proptest! {
        #[test]
        fn what_goes_in_comes_out(frames in proptest::collection::vec(proptest::collection::vec("[^\n]{1,40}", 1..6), 1..5)) {
            let mut writer = SegmentWriter::new();
            let ranges: Vec<_> = frames.iter().map(|lines| writer.frame(lines.iter().map(String::as_bytes)).unwrap()).collect();
            let segment = writer.finish();
            for (range, lines) in ranges.into_iter().zip(&frames) {
                proptest::prop_assert_eq!(&read_all(slice(&segment, range)), lines);
            }
        }
    }
}
