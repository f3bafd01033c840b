//! Shortens demangled symbols of C++, Rust and Swift. Every function here reads its text once: a symbol may be cut, so
//! that its brackets never close.

use std::borrow::Cow;
use std::fmt::{self, Write};

use crate::name::MAX_NAME;
use crate::work::spend;

/// Demangles a symbol of Rust, without the hash of its crate. `None` for any other name.
pub(super) fn demangled(name: &str) -> Option<String> {
    if !name.starts_with("_R") && !name.starts_with("_ZN") && !name.starts_with("__R") && !name.starts_with("__ZN") {
        return None;
    }
    let symbol = rustc_demangle::try_demangle(name).ok()?;
    // In the legacy scheme only names that end in Rust's hash: mangled names of C++ begin in the same way.
    let is_rust = name.contains("_R") || format_within(&format_args!("{symbol}"), MAX_NAME).contains("::h");
    is_rust.then(|| format_within(&format_args!("{symbol:#}"), MAX_NAME))
}

/// Formats `text`, cut after `most` bytes, since a short symbol can stand for a very long name.
fn format_within(text: &fmt::Arguments<'_>, most: usize) -> String {
    struct Within(String, usize);
    impl Write for Within {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            spend(text.len());
            let room = self.1 - self.0.len();
            self.0.push_str(&text[..text.floor_char_boundary(room)]);
            if text.len() > room { Err(fmt::Error) } else { Ok(()) }
        }
    }
    let mut within = Within(String::new(), most);
    // It fails if the text is cut.
    let _ = within.write_fmt(*text);
    within.0
}

/// Returns a demangled symbol without return type, arguments, type parameters, and numbers of the compiler.
pub(super) fn shortened(name: &str) -> String {
    spend(name.len());
    let name = name
        .replace("(anonymous namespace)", "{anon}")
        .replace("`anonymous namespace'", "{anon}")
        .replace("`anonymous-namespace'", "{anon}")
        .replace("{anonymous}", "{anon}");
    let name = without_crate_hashes(&name);
    let name = without_discriminators(&name);
    let name = lambdas(&name);
    let name = trait_side(&name).unwrap_or(name);
    let name = without_arguments(&name);
    let name = collapse_parameters(name);
    let name = without_return_type(&name);
    name.trim_end_matches("::").to_owned()
}

/// Removes the hash of the file from private members in Swift: `Cart.(total in _1A2B3C)()` becomes `Cart.total()`.
fn without_discriminators(name: &str) -> Cow<'_, str> {
    if !name.contains(" in _") {
        return Cow::Borrowed(name);
    }
    spend(name.len());
    let mut out = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(at) = rest.find(" in _") {
        let (before, after) = rest.split_at(at);
        let digits = after[5..].bytes().take_while(u8::is_ascii_hexdigit).count();
        let closes = digits > 0 && after[5 + digits..].starts_with(')');
        match before.rfind('(').filter(|_| closes) {
            Some(open) => {
                out.push_str(&before[..open]);
                out.push_str(&before[open + 1..]);
                rest = &after[5 + digits + 1..];
            }
            None => {
                out.push_str(before);
                out.push_str(&after[..5]);
                rest = &after[5..];
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Removes the hashes of crates, which rustc writes after a name: `shop[732db11e2f5fb19e]::cart::total`.
pub(super) fn without_crate_hashes(name: &str) -> Cow<'_, str> {
    if !name.contains('[') {
        return Cow::Borrowed(name);
    }
    spend(name.len());
    let mut out = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(at) = rest.find('[') {
        let after = &rest[at + 1..];
        let digits = after.bytes().take(17).take_while(u8::is_ascii_hexdigit).count();
        let follows_name = rest[..at].ends_with(|before: char| before.is_ascii_alphanumeric() || before == '_');
        if follows_name && (8..=16).contains(&digits) && after[digits..].starts_with(']') {
            out.push_str(&rest[..at]);
            rest = &after[digits + 1..];
        } else {
            out.push_str(&rest[..=at]);
            rest = after;
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Replaces `{lambda(int)#1}`, `'lambda'(int)`, `<lambda_1f2e>` and `$_0` by one name, since compilers number them.
fn lambdas(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut rest = name;
    // Ends that do not exist are not searched: they would be searched again from each mark.
    let last = ['}', '\'', '>'].map(|mark| name.rfind(mark).unwrap_or_default());
    while let Some(at) = rest.find(['{', '\'', '<', '$']) {
        out.push_str(&rest[..at]);
        let (mark, after) = rest[at..].split_at(1);
        let here = name.len() - after.len();
        let end = match mark {
            "{" if here < last[0] && after.starts_with("lambda(") => after.find('}').map(|end| end + 1),
            "'" if here + 6 <= last[1] && after.starts_with("lambda") => after[6..].find('\'').map(|end| 6 + end + 1),
            "<" if here < last[2] && after.starts_with("lambda_") => after.find('>').map(|end| end + 1),
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

/// Returns Rust's `<A as Trait>::f` as `Trait::f`, and `<A>::f` as `A::f`.
fn trait_side(name: &str) -> Option<String> {
    let inner = name.strip_prefix('<')?;
    let end = closing_brackets(name.as_bytes())[0]? - 1;
    let (own, rest) = (&inner[..end], &inner[end + 1..]);
    let side = match split_top_level(own, " as ") {
        Some((_, side)) => side,
        None => own,
    };
    rest.starts_with("::").then(|| format!("{side}{rest}"))
}

/// Splits at the first `mark` outside of brackets.
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

/// Returns the text before the arguments: the first bracket outside of type parameters that is not the call operator's.
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

/// Replaces all type parameters by `<T>`.
fn collapse_parameters(name: &str) -> String {
    let closing = closing_brackets(name.as_bytes());
    let mut out = String::with_capacity(name.len());
    let mut copied = 0;
    let mut at = 0;
    while let Some(found) = name[at..].find('<') {
        let open = at + found;
        let is_operator = name[..open].ends_with("operator") || name[..open].ends_with("operator<");
        match closing[open].filter(|_| !is_operator) {
            Some(close) => {
                out.push_str(&name[copied..open]);
                out.push_str("<T>");
                (at, copied) = (close + 1, close + 1);
            }
            None => at = open + 1,
        }
    }
    out.push_str(&name[copied..]);
    out
}

/// Returns for each `<` the position of the `>` that closes it, if there is one.
fn closing_brackets(text: &[u8]) -> Vec<Option<usize>> {
    spend(text.len());
    let mut closing = vec![None; text.len()];
    let mut open = Vec::new();
    for (at, &byte) in text.iter().enumerate() {
        match byte {
            b'<' => open.push(at),
            // `->` is not a bracket.
            b'>' if at == 0 || text[at - 1] != b'-' => {
                if let Some(opened) = open.pop() {
                    closing[opened] = Some(at);
                }
            }
            _ => {}
        }
    }
    closing
}

/// Returns the part after the last space, unless the space belongs to an operator (`operator new`).
fn without_return_type(name: &str) -> &str {
    let name = name.trim();
    if let Some(at) = name.find("operator") {
        let before = &name[..at];
        return &name[before.rfind(' ').map_or(0, |space| space + 1)..];
    }
    name.rsplit(' ').next().unwrap_or(name)
}
