//! Cursors: places in a list, as texts that clients only hand back.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The version of the form: a cursor of another version is refused, and its client begins the list again.
const VERSION: &str = "1";

/// Writes a place in a list as a cursor: the version, and the place as JSON in base64url. Needs no escaping in a URL.
pub fn encode<P: Serialize>(place: &P) -> String {
    let json = serde_json::to_vec(place).unwrap_or_default();
    format!("{VERSION}{}", BASE64_URL_SAFE_NO_PAD.encode(json))
}

/// Reads the place from a cursor; `None` if the text is not one, or one of another kind of list.
pub fn decode<P: DeserializeOwned>(text: &str) -> Option<P> {
    let json = BASE64_URL_SAFE_NO_PAD.decode(text.strip_prefix(VERSION)?).ok()?;
    serde_json::from_slice(&json).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_was_written() {
        let place = ("ümlaut/?&=".to_owned(), u64::MAX, Some(3));
        let text = encode(&place);
        assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')), "{text}");
        assert_eq!(decode(&text), Some(place));
    }

    #[test]
    fn a_text_that_is_not_a_cursor_is_none() {
        let other_version = format!("2{}", &encode(&7)[1..]);
        for text in ["", "1", "7", "1!", &other_version, &encode(&"seven"), "ü"] {
            assert_eq!(decode::<u32>(text), None, "{text}");
        }
    }
}
