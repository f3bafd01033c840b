//! Native code: symbols, as the demanglers of several compilers write them.

use std::borrow::Cow;

use super::symbol;
use crate::name::bounded;
use model::occurrence::Frame;

/// Functions in which threads start. These and all frames outside of them are not related to the error.
const BASES: [&str; 24] = [
    "_start",
    "start",
    "start_thread",
    "__libc_start_main",
    "__libc_start_main_impl",
    "__libc_start_call_main",
    "_pthread_start",
    "_pthread_body",
    "thread_start",
    "__pthread_start",
    "clone",
    "clone3",
    "__clone3",
    "BaseThreadInitThunk",
    "RtlUserThreadStart",
    "__RtlUserThreadStart",
    "_RtlUserThreadStart",
    "UIApplicationMain",
    "NSApplicationMain",
    "CFRunLoopRun",
    "GSEventRunModal",
    "__start_thread",
    "__scrt_common_main_seh",
    "mainCRTStartup",
];
/// Functions that raise errors. These and all frames inside of them are the same for every error.
const RAISERS: [&str; 24] = [
    "abort",
    "raise",
    "gsignal",
    "__pthread_kill",
    "pthread_kill",
    "__pthread_kill_implementation",
    "__pthread_kill_internal",
    "__assert_rtn",
    "__assert_fail",
    "__assert_fail_base",
    "__cxa_throw",
    "__cxa_rethrow",
    "_CxxThrowException",
    "CxxThrowException",
    "objc_exception_throw",
    "objc_exception_rethrow",
    "__exceptionPreprocess",
    "RaiseException",
    "_Unwind_RaiseException",
    "std::terminate",
    "rust_begin_unwind",
    "rust_panic",
    "__rust_start_panic",
    "swift_unexpectedError",
];
/// Prefixes of more functions that raise errors.
const RAISER_PREFIXES: [&str; 9] = [
    "std::panicking::",
    "core::panicking::",
    "__rustc::rust_begin_unwind",
    "begin_panic",
    "panic_fmt",
    "core::result::unwrap_failed",
    "core::option::expect_failed",
    "core::option::unwrap_failed",
    "+[NSException raise",
];
/// Functions that match these prefixes but do not raise errors: they are around `main` and every thread in Rust.
const CATCHERS: [&str; 3] = ["std::panicking::catch_unwind", "std::panicking::try", "std::panicking::r#try"];
/// Functions of crash reporters.
const REPORTERS: [&str; 8] = [
    "sentry_",
    "sentry::",
    "sentrycrash_",
    "google_breakpad::",
    "crashpad::",
    "kscrash_",
    "-[SentryCrash",
    "backtrace::",
];
/// Names without a meaning, and placeholders for names that were removed.
const UNKNOWN: [&str; 8] = [
    "<redacted>",
    "<unknown>",
    "<unknown symbol>",
    "_unknown_",
    "__mh_execute_header",
    "stripped_application_code",
    "<deduplicated_symbol>",
    "??",
];
/// Prefixes of names that debuggers make up.
const UNNAMED: [&str; 2] = ["__hidden#", "___lldb_unnamed_symbol"];

pub(super) fn ignored(frame: &Frame) -> Option<&'static str> {
    let name = frame.function.as_deref()?;
    REPORTERS.iter().any(|prefix| name.starts_with(prefix)).then_some("code of the crash reporter")
}

/// Implements [`Family::trim`](super::Family::trim).
pub(super) fn trim(frames: &[Frame]) -> std::ops::Range<usize> {
    let named = |frame: &Frame, wanted: &dyn Fn(&str) -> bool| {
        frame.function.as_deref().is_some_and(|name| wanted(bare(bounded(name))))
    };
    let is_base = |frame: &Frame| named(frame, &|name| BASES.contains(&name));
    let begins = |name: &str, with: &[&str]| with.iter().any(|prefix| name.starts_with(prefix));
    let is_raiser = |frame: &Frame| {
        named(frame, &|name| RAISERS.contains(&name) || begins(name, &RAISER_PREFIXES) && !begins(name, &CATCHERS))
    };
    let end = frames.iter().position(is_raiser).unwrap_or(frames.len());
    let start = frames[..end].iter().rposition(is_base).map_or(0, |base| base + 1);
    // If nothing is left, the whole stack is better than none.
    if start == end { 0..frames.len() } else { start..end }
}

/// Returns the name without the suffixes of linkers and optimisers: versions, clones, and Rust's hash.
pub(crate) fn bare(name: &str) -> &str {
    let name = name.split(" [clone ").next().unwrap_or(name);
    let name = name.split("@@").next().unwrap_or(name);
    let name = name.split(".llvm.").next().unwrap_or(name);
    let is_hash = |hash: &str| hash.len() == 16 && hash.bytes().all(|digit| digit.is_ascii_hexdigit());
    match name.rsplit_once("::h") {
        Some((before, hash)) if is_hash(hash) => before,
        Some(_) | None => match name.rsplit_once('@') {
            // Windows: `_name@12`.
            Some((before, size)) if !size.is_empty() && size.bytes().all(|digit| digit.is_ascii_digit()) => {
                before.strip_prefix('_').unwrap_or(before)
            }
            Some(_) | None => name,
        },
    }
}

/// Returns the function without return type, arguments and type parameters, or `None` if its name has no meaning.
pub(super) fn function(name: &str) -> Option<Cow<'_, str>> {
    if UNKNOWN.contains(&name) || UNNAMED.iter().any(|prefix| name.starts_with(prefix)) || is_address(name) {
        return None;
    }
    // Names in Objective-C need no cleaning, except for the number of a block: `__21-[Cart total:]_block_invoke_2`.
    if name.starts_with("-[") || name.starts_with("+[") {
        return Some(Cow::Borrowed(name));
    }
    if let Some((before, _)) = name.split_once("_block_invoke") {
        let before = before.trim_start_matches("__").trim_start_matches(|digit: char| digit.is_ascii_digit());
        return Some(Cow::Owned(format!("block in {before}")));
    }
    if let Some(name) = symbol::demangled(name) {
        return Some(Cow::Owned(symbol::shortened(bare(&name))));
    }
    let name = bare(name);
    if let Some((_, outer)) = name.split_once("closure #").and_then(|(_, rest)| rest.split_once(" in ")) {
        let outer = outer.rsplit(" in ").next().unwrap_or(outer);
        return Some(Cow::Owned(format!("closure in {}", symbol::shortened(outer))));
    }
    if !name.contains(['<', '(', ' ', '{', '`', '\'', '$', '[']) {
        return Some(Cow::Borrowed(name));
    }
    Some(Cow::Owned(symbol::shortened(name)))
}

/// Returns the type of an exception with its type parameters, without the additions of compilers.
pub(super) fn exception_type(name: &str) -> Cow<'_, str> {
    match symbol::demangled(name) {
        Some(name) => Cow::Owned(name),
        None => symbol::without_crate_hashes(name),
    }
}

/// Returns whether a name is a placeholder with an address: `0x401010`, `fun_401010`, `sub_401010`.
fn is_address(name: &str) -> bool {
    let digits = ["0x", "fun_", "sub_"].iter().find_map(|prefix| name.strip_prefix(prefix));
    digits.is_some_and(|digits| digits.len() >= 4 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
}
