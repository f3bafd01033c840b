//! Names that are designed to make cleaning slow.

use super::{Family, name_of};
use crate::name::MAX_NAME;
use crate::work::measure;
use model::occurrence::Frame;

const PLATFORMS: [&str; 11] =
    ["native", "rust", "cocoa", "javascript", "java", "php", "ruby", "csharp", "go", "elixir", "python"];
/// Beginnings of patterns that are never closed.
const PARTS: [&str; 24] = [
    "<",
    "(",
    "[",
    "{",
    "'",
    "a<",
    "->",
    "{lambda(",
    "'lambda",
    "<lambda_",
    "$_",
    "operator<",
    " [clone ",
    "closure # in ",
    "@anonymous",
    "{closure:",
    "0x",
    "$$Lambda",
    "lambda$",
    "$1",
    "__1",
    ">d__",
    ".func1",
    "::h",
];

fn clean(platform: &str, name: &str) {
    let given = || Some(name.to_owned());
    let frame = Frame { function: given(), module: given(), filename: given(), package: given(), ..Frame::default() };
    let family = Family::of(platform);
    let _ = (family.function(&frame), family.module(&frame), family.exception_type(name));
    let _ = family.file(super::super::name::bounded(name_of(name, family)));
}

/// Twice the length takes at most about twice the work, up to the maximum length, and no more work beyond it.
#[test]
fn the_work_is_linear_in_the_length_of_a_name() {
    for platform in PLATFORMS {
        for part in PARTS {
            let work = |length: usize| measure(|| clean(platform, &part.repeat(length / part.len() + 1)));
            let (half, whole, huge) = (work(MAX_NAME / 2), work(MAX_NAME - part.len()), work(180_000));
            assert!(whole <= 3 * half + 512, "{platform} {part}: {half} steps, then {whole}");
            assert!(huge <= 2 * whole + 512, "{platform} {part}: {whole} steps, then {huge}");
            assert!(huge <= 64 * MAX_NAME as u64, "{platform} {part}: {huge} steps");
        }
    }
}

/// A short symbol of Rust can stand for a very long name, which doubles with each back reference.
#[test]
fn a_symbol_that_expands_is_cut() {
    let mut symbol = String::from("_RINvC1a1f");
    for _ in 0..200 {
        symbol.push_str("TB_B_");
    }
    symbol.push('E');
    assert!(measure(|| clean("rust", &symbol)) <= 64 * MAX_NAME as u64);
}
