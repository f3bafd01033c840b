//! Frames that are stored in the item that refers to them, instead of in a segment: an event that comes alone needs no
//! object in S3. Like a frame of a segment, but compressed with a dictionary, because one occurrence hardly repeats
//! anything of its own.
//!
//! The dictionary is text: fragments of occurrences as the usual SDKs send them, the most frequent ones last. A frame
//! begins with the version of its dictionary. Released dictionaries never change; a better one gets a version of its own.

use std::io;
use std::sync::LazyLock;

use zstd::bulk::Compressor;
use zstd::dict::{DecoderDictionary, EncoderDictionary};

use crate::segment::Lines;

/// The first byte of a frame: its dictionary.
const VERSION: u8 = 1;
const WORDS: &[u8] = include_bytes!("words-1.txt");
/// Frames are small, so that more work costs little: this saves 10 % against level 3.
const LEVEL: i32 = 9;

// Both take longer to prepare than a frame takes.
static ENCODER: LazyLock<EncoderDictionary<'static>> = LazyLock::new(|| EncoderDictionary::copy(WORDS, LEVEL));
static DECODER: LazyLock<DecoderDictionary<'static>> = LazyLock::new(|| DecoderDictionary::copy(WORDS));

/// Packs these `lines` (JSON texts without line breaks, none of them empty) into a frame.
pub fn pack<'a>(lines: impl IntoIterator<Item = &'a [u8]>) -> io::Result<Vec<u8>> {
    let mut raw = Vec::new();
    for line in lines {
        raw.extend_from_slice(line);
        raw.push(b'\n');
    }
    let mut frame = vec![VERSION];
    frame.extend(Compressor::with_prepared_dictionary(&ENCODER)?.compress(&raw)?);
    Ok(frame)
}

/// Returns the lines of a frame, like [`segment::lines`](crate::segment::lines).
pub fn lines(frame: &[u8]) -> Lines<'_> {
    match frame.split_first() {
        Some((&VERSION, frame)) => Lines::with_dictionary(frame, &DECODER),
        _ => Lines::unreadable("the frame's version is unknown"),
    }
}

#[cfg(test)]
mod tests {
    use model::id::Fingerprint;

    use super::*;

    const LINE: &str = r#"{"v":1,"eventId":"be9bc764ac1346a09e99d7c7b031bd4d","source":"sentry","type":"KeyError","message":"'count'","level":"error","platform":"python","environment":"production","exceptions":[{"type":"KeyError","value":"'count'","mechanism":{"handled":true,"type":"generic"}}]}"#;

    fn read_all(frame: &[u8]) -> Result<Vec<Vec<u8>>, String> {
        lines(frame).map(|line| line.map_err(|error| error.to_string())).collect()
    }

    #[test]
    fn lines_are_read_as_they_were_packed() {
        let frame = pack([LINE.as_bytes(), b"{}"]).unwrap();
        assert_eq!(read_all(&frame).unwrap(), [LINE.as_bytes(), b"{}"]);
        assert!(frame.len() < LINE.len() / 2, "{} of {}", frame.len(), LINE.len());
    }

    #[test]
    fn a_damaged_frame_is_an_error_not_a_panic() {
        let frame = pack([LINE.as_bytes()]).unwrap();
        for end in 0..frame.len() {
            assert!(read_all(&frame[..end]).is_err(), "cut at {end}");
        }
        let mut later = frame;
        later[0] = 9;
        assert!(read_all(&later).unwrap_err().contains("version"));
    }

    /// A frame written by the first version with this dictionary. If this fails, the dictionary was changed: stored frames
    /// cannot be read any more.
    #[test]
    fn the_dictionary_stays_as_it_was_released() {
        let words = std::str::from_utf8(WORDS).unwrap();
        assert_eq!(Fingerprint::of("dictionary", [words]).to_string(), "9dc656ab44c76a0aed8a5f1f6ad8e839");
    }

    proptest::proptest! {
        #[test]
        fn what_goes_in_comes_out(texts in proptest::collection::vec("[^\n]{1,60}", 1..6)) {
            let frame = pack(texts.iter().map(String::as_bytes)).unwrap();
            let expected: Vec<_> = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
            proptest::prop_assert_eq!(read_all(&frame).unwrap(), expected);
        }
    }
}
