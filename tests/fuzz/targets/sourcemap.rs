//! A script and its source map, in one bundle: the first two bytes say how long the script is. Fuzzing whole archives rarely
//! gets past their checksums.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((length, rest)) = input.split_first_chunk::<2>() else { return };
    let (script, map) = rest.split_at(rest.len().min(usize::from(u16::from_le_bytes(*length))));
    symbols::check_map(map, script);
});
