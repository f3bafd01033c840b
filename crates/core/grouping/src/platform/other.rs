//! Go, Erlang and Elixir, and languages without rules of their own.

use std::borrow::Cow;

use crate::name::{is_number, without_addresses, without_digits_after};
use crate::work::spend;

/// Go numbers the functions without a name in a function: `(*Server).handle.func1.2`, and what it makes of `go` and
/// `defer`. Which types a generic function was compiled for does not count.
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

/// Erlang numbers a function's funs and comprehensions: `-total/2-fun-0-`, `-total/1-lc$^0/1-0-`.
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

/// Of any other language: without addresses, without the place in a name that stands for none (`__ANON__[/srv/a.pl:12]`
/// of Perl, `<anonymous:12>` of Lua), and without dart2js's names (`minified:kP`), which are others in each build.
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

/// `<main.lua:12>` as `<main.lua>`.
fn without_line(name: Cow<'_, str>) -> Cow<'_, str> {
    let inner = name.trim_end_matches('>');
    let before = inner.trim_end_matches(|digit: char| digit.is_ascii_digit());
    match before.strip_suffix(':') {
        Some(before) if before.len() + 1 < inner.len() => Cow::Owned(format!("{before}>")),
        Some(_) | None => name,
    }
}
