//! Machine code: symbols, as demanglers of several compilers write them.

use std::borrow::Cow;

use crate::occurrence::Frame;

/// Where threads begin. These and all frames outside them say nothing of the error.
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
/// What raises an error. These and all frames inside them are the same for every error.
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
/// The same, by how the name begins.
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
/// What begins like one of these and raises nothing: around `main` and every thread of Rust's.
const CATCHERS: [&str; 3] = ["std::panicking::catch_unwind", "std::panicking::try", "std::panicking::r#try"];
/// Crash reporters.
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
/// Names without a meaning, and what stands for a name that was taken out.
const UNKNOWN: [&str; 6] =
    ["<redacted>", "<unknown>", "<unknown symbol>", "_unknown_", "__mh_execute_header", "stripped_application_code"];

pub(super) fn ignored(frame: &Frame) -> Option<&'static str> {
    let name = frame.function.as_deref()?;
    REPORTERS.iter().any(|prefix| name.starts_with(prefix)).then_some("the crash reporter")
}

/// See [`Family::trim`](super::Family::trim).
pub(super) fn trim(frames: &[Frame]) -> std::ops::Range<usize> {
    let named =
        |frame: &Frame, wanted: &dyn Fn(&str) -> bool| frame.function.as_deref().is_some_and(|name| wanted(bare(name)));
    let is_base = |frame: &Frame| named(frame, &|name| BASES.contains(&name));
    let begins = |name: &str, with: &[&str]| with.iter().any(|prefix| name.starts_with(prefix));
    let is_raiser = |frame: &Frame| {
        named(frame, &|name| RAISERS.contains(&name) || begins(name, &RAISER_PREFIXES) && !begins(name, &CATCHERS))
    };
    let end = frames.iter().position(is_raiser).unwrap_or(frames.len());
    let start = frames[..end].iter().rposition(is_base).map_or(0, |base| base + 1);
    // A stack of nothing else is better than none.
    if start == end { 0..frames.len() } else { start..end }
}

/// The name without what linkers and optimisers add: versions, clones, and Rust's hash.
fn bare(name: &str) -> &str {
    let name = name.split(" [clone ").next().unwrap_or(name);
    let name = name.split("@@").next().unwrap_or(name);
    let name = name.split(".llvm.").next().unwrap_or(name);
    let is_hash = |hash: &str| hash.len() == 16 && hash.bytes().all(|digit| digit.is_ascii_hexdigit());
    match name.rsplit_once("::h") {
        Some((before, hash)) if is_hash(hash) => before,
        Some(_) | None => match name.rsplit_once('@') {
            // Windows' `_name@12`.
            Some((before, size)) if !size.is_empty() && size.bytes().all(|digit| digit.is_ascii_digit()) => {
                before.strip_prefix('_').unwrap_or(before)
            }
            Some(_) | None => name,
        },
    }
}

/// The function without return type, arguments and type parameters.
pub(super) fn function(name: &str) -> Option<Cow<'_, str>> {
    if UNKNOWN.contains(&name) {
        return None;
    }
    // Objective-C says all there is to say.
    if name.starts_with("-[") || name.starts_with("+[") {
        return Some(Cow::Borrowed(name));
    }
    let name = bare(name);
    if let Some((_, outer)) = name.split_once("closure #").and_then(|(_, rest)| rest.split_once(" in ")) {
        let outer = outer.rsplit(" in ").next().unwrap_or(outer);
        return Some(Cow::Owned(format!("closure in {}", symbol(outer))));
    }
    if !name.contains(['<', '(', ' ', '{', '`', '\'', '$']) {
        return Some(Cow::Borrowed(name));
    }
    Some(Cow::Owned(symbol(name)))
}

/// A demangled symbol, shortened.
fn symbol(name: &str) -> String {
    let name = name
        .replace("(anonymous namespace)", "{anon}")
        .replace("`anonymous namespace'", "{anon}")
        .replace("`anonymous-namespace'", "{anon}")
        .replace("{anonymous}", "{anon}");
    let name = lambdas(&name);
    let name = trait_side(&name).unwrap_or(name);
    let name = without_arguments(&name);
    let name = collapse_parameters(name);
    let name = without_return_type(&name);
    name.trim_end_matches("::").to_owned()
}

/// `{lambda(int)#1}`, `'lambda'(int)`, `<lambda_1f2e>`, `$_0`: one name for all, as compilers number them.
fn lambdas(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(at) = rest.find(['{', '\'', '<', '$']) {
        out.push_str(&rest[..at]);
        let (mark, after) = rest[at..].split_at(1);
        let end = match mark {
            "{" if after.starts_with("lambda(") => after.find('}').map(|end| end + 1),
            "'" if after.starts_with("lambda") => after[6..].find('\'').map(|end| 6 + end + 1),
            "<" if after.starts_with("lambda_") => after.find('>').map(|end| end + 1),
            "$" if after.starts_with('_') => Some(1 + after[1..].bytes().take_while(u8::is_ascii_digit).count()),
            _ => None,
        };
        match end {
            Some(end) => {
                out.push_str("lambda");
                rest = &after[end..];
            }
            None => {
                out.push_str(mark);
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// Rust's `<A as Trait>::f` as `Trait::f`, and `<A>::f` as `A::f`.
fn trait_side(name: &str) -> Option<String> {
    let inner = name.strip_prefix('<')?;
    let end = matching(inner.as_bytes(), b'<', b'>')?;
    let (own, rest) = (&inner[..end], &inner[end + 1..]);
    let side = match split_top_level(own, " as ") {
        Some((_, side)) => side,
        None => own,
    };
    rest.starts_with("::").then(|| format!("{side}{rest}"))
}

/// The place that closes what was open before `text`.
fn matching(text: &[u8], open: u8, close: u8) -> Option<usize> {
    let mut depth = 0usize;
    for (at, &byte) in text.iter().enumerate() {
        // `->` closes nothing.
        if byte == close && !(close == b'>' && at > 0 && text[at - 1] == b'-') {
            if depth == 0 {
                return Some(at);
            }
            depth -= 1;
        } else if byte == open {
            depth += 1;
        }
    }
    None
}

/// Around the first `mark` that is in no brackets.
fn split_top_level<'a>(text: &'a str, mark: &str) -> Option<(&'a str, &'a str)> {
    let mut depth = 0i32;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'<' | b'(' | b'[' => depth += 1,
            b'>' if at > 0 && text.as_bytes()[at - 1] == b'-' => {}
            b'>' | b')' | b']' => depth -= 1,
            _ if depth == 0 && text.is_char_boundary(at) && text[at..].starts_with(mark) => {
                return Some((&text[..at], &text[at + mark.len()..]));
            }
            _ => {}
        }
    }
    None
}

/// Up to the arguments: the first bracket outside type parameters that is not the call operator's.
fn without_arguments(name: &str) -> &str {
    let mut depth = 0i32;
    let bytes = name.as_bytes();
    for (at, &byte) in bytes.iter().enumerate() {
        match byte {
            b'<' if !name[..at].ends_with("operator") && !name[..at].ends_with("operator<") => depth += 1,
            b'>' if at > 0 && bytes[at - 1] != b'-' && depth > 0 => depth -= 1,
            b'(' if depth == 0 && at > 0 && !name[..at].ends_with("operator") => return name[..at].trim_end(),
            _ => {}
        }
    }
    name
}

/// Type parameters as `<T>`, whatever they are.
fn collapse_parameters(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(at) = rest.find('<') {
        let is_operator = rest[..at].ends_with("operator") || rest[..at].ends_with("operator<");
        let end = if is_operator { None } else { matching(&rest.as_bytes()[at + 1..], b'<', b'>') };
        match end {
            Some(end) => {
                out.push_str(&rest[..at]);
                out.push_str("<T>");
                rest = &rest[at + 1 + end + 1..];
            }
            None => {
                out.push_str(&rest[..=at]);
                rest = &rest[at + 1..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// What is behind the last space, unless that belongs to an operator (`operator new`).
fn without_return_type(name: &str) -> &str {
    let name = name.trim();
    if let Some(at) = name.find("operator") {
        let before = &name[..at];
        return &name[before.rfind(' ').map_or(0, |space| space + 1)..];
    }
    name.rsplit(' ').next().unwrap_or(name)
}
