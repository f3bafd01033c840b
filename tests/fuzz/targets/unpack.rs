//! Decompression: whatever encoding a body claims to have, the output never exceeds the limit. The first byte chooses
//! the declared encoding.

#![no_main]

use http_common::{MAX_UNPACKED, unpack};
use http::header::CONTENT_ENCODING;
use http::{HeaderMap, HeaderValue};
use libfuzzer_sys::fuzz_target;

const ENCODINGS: [&str; 8] = ["", "gzip", "deflate", "br", "zstd", "identity", "x-gzip", "gzip, br"];

fuzz_target!(|input: &[u8]| {
    let Some((&first, body)) = input.split_first() else { return };
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static(ENCODINGS[usize::from(first) % ENCODINGS.len()]));
    if let Ok(unpacked) = unpack(&headers, body) {
        assert!(unpacked.len() <= MAX_UNPACKED.max(body.len()));
    }
});
