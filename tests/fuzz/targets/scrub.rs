//! Scrubbing of texts: doing it twice changes nothing, and the length of the result is bounded.

#![no_main]

use scrub::{FILTERED, text};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &str| {
    let once = text(input);
    assert_eq!(text(&once), once);
    assert!(once.len() <= input.len() * FILTERED.len().max(1) + FILTERED.len());
});
