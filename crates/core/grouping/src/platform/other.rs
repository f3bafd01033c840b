//! Go, Erlang and Elixir, and languages without rules of their own.

use std::borrow::Cow;

use crate::name::{is_number, without_addresses, without_digits_after};
use crate::work::spend;

/// Cleans a name in Go. Go numbers anonymous functions (`(*Server).handle.func1.2`) and the functions that it generates
/// for `go` and `defer`. The types that a generic function was compiled for are removed.
pub(super) fn go(name: &str) -> Cow<'_, str> {
    let name = name.strip_suffix("-fm").unwrap_or(name);
    let numbered = |part: &str| {
        ["func", "gowrap", "deferwrap"]
            .into_iter()
            .find(|mark| part.strip_prefix(mark).is_some_and(|rest| is_number(rest.trim_start_matches('·'))))
    };
    spend(name.len());
    let is_generic = name.contains('[') && name.ends_with(|last: char| last != '[');
    if !is_generic && !name.split('.').skip(1).any(|part| is_number(part) || numbered(part).is_some()) {
        return without_digits_after(Cow::Borrowed(name), "-range");
    }
    let mut out = String::with_capacity(name.len());
    let (name, types) = match (name.find('['), name.rfind(']')) {
        (Some(open), Some(close)) if open < close => (&name[..open], Some(&name[close + 1..])),
        _ => (name, None),
    };
    let mut add = |name: &str, whole: bool| {
        for (index, part) in name.split('.').enumerate() {
            if whole && index == 0 {
                out.push_str(part);
            } else if let Some(mark) = numbered(part) {
                out.push('.');
                out.push_str(mark);
            } else if !is_number(part) {
                out.push('.');
                out.push_str(part);
            }
        }
    };
    add(name, true);
    if let Some(rest) = types {
        let mut after = String::from("[...]");
        after.push_str(rest);
        add(&after, true);
    }
    without_digits_after(Cow::Owned(out), "-range")
}

/// Cleans a name in Erlang, which numbers the funs and comprehensions of a function: `-total/2-fun-0-`,
/// `-total/1-lc$^0/1-0-`.
pub(super) fn beam(name: &str) -> Cow<'_, str> {
    if name.starts_with('-') {
        for mark in ["-fun-", "-lc$^", "-lbc$^", "-blc$^", "-mc$^"] {
            if let Some(at) = name.find(mark) {
                return Cow::Owned(name[..at + mark.len()].trim_end_matches(['-', '$', '^']).to_owned());
            }
        }
    }
    match name.strip_prefix("#Function<").and_then(|rest| rest.split_once('/')) {
        Some((number, rest)) if number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') => {
            Cow::Owned(format!("#Function</{rest}"))
        }
        Some(_) | None => Cow::Borrowed(name),
    }
}

/// Cleans a name in any other language. Removes addresses, the location in names of anonymous functions
/// (`__ANON__[/srv/a.pl:12]` in Perl, `<anonymous:12>` in Lua), and names of dart2js (`minified:kP`), which differ in
/// each build.
pub(super) fn any(name: &str) -> Option<Cow<'_, str>> {
    if name.starts_with("minified:") {
        return None;
    }
    if let Some((before, _)) = name.split_once("__ANON__[") {
        return Some(Cow::Owned(format!("{before}__ANON__")));
    }
    let mut name = Cow::Borrowed(name);
    if name.ends_with('>') && name.contains(':') {
        name = without_line(name);
    }
    if name.contains("(eval ") {
        name = without_digits_after(name, "(eval ");
    }
    Some(without_addresses(name))
}

/// Returns `<main.lua:12>` as `<main.lua>`.
fn without_line(name: Cow<'_, str>) -> Cow<'_, str> {
    let inner = name.trim_end_matches('>');
    let before = inner.trim_end_matches(|digit: char| digit.is_ascii_digit());
    match before.strip_suffix(':') {
        Some(before) if before.len() + 1 < inner.len() => Cow::Owned(format!("{before}>")),
        Some(_) | None => name,
    }
}
