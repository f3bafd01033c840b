//! Bundles of source maps: an upload is read within its limits, and each map of it can be looked up.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| symbols::check_bundle(input));
