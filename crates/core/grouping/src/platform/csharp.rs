//! .NET: compilers number the methods and classes that they generate for async methods, lambdas and local functions.

use std::borrow::Cow;

use crate::name::without_digits_after;
use crate::work::spend;

/// Generated names with other numbers: compiled expressions, closures of Visual Basic and F#, proxies of Castle.
const NUMBERED: [&str; 5] = ["lambda_method", "VB$StateMachine_", "_Lambda$__", "_Closure$__", "Proxy_"];

/// Returns a method without its arguments, which Mono and .NET write differently.
pub(super) fn function(name: &str) -> Cow<'_, str> {
    let name = name.split(" (").next().unwrap_or(name);
    let name = name.split_once('(').map_or(name, |(before, _)| if before.is_empty() { name } else { before });
    class(name.trim_end())
}

/// Returns a class or method without the numbers of the compiler: `Cart+<TotalAsync>d__4` becomes `Cart+<TotalAsync>d`,
/// `<Total>b__0_1` becomes `<Total>b`, `<>c__DisplayClass3_0` becomes `<>c__DisplayClass`, and `<Total>g__Round|3_0`
/// becomes `<Total>g__Round`. The numbers count the methods of the class. Versions of assemblies in type arguments are
/// removed, too.
pub(super) fn class(name: &str) -> Cow<'_, str> {
    let name = name.split("[[").next().unwrap_or(name);
    let mut out = Cow::Borrowed(name);
    if name.contains('>') {
        out = without_counters(name);
    }
    for mark in NUMBERED {
        if out.contains(mark) {
            out = without_digits_after(out, mark);
            if mark.ends_with("__") {
                out = without_digits_after(out, "__-");
            }
        }
    }
    if out.contains('@') {
        // F#: `total@12`, `clo@34-1`. The number is the line.
        out = without_digits_after(without_digits_after(out, "@"), "@-");
    }
    out
}

fn without_counters(name: &str) -> Cow<'_, str> {
    spend(name.len());
    let mut out = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(at) = rest.find('>') {
        out.push_str(&rest[..=at]);
        rest = &rest[at + 1..];
        // The generated part: one letter, then `__` or the end.
        let end = rest.find(['+', '.', '>', '<', '`', ' ', '/']).unwrap_or(rest.len());
        let (made, after) = rest.split_at(end);
        let is_made = made.len() > 1 && made.as_bytes()[0].is_ascii_lowercase() && made[1..].starts_with("__");
        if is_made {
            let named = made.split('|').next().unwrap_or(made);
            let is_local = named.len() < made.len();
            let numbers = |c: char| c.is_ascii_digit() || c == '_' || c == '-';
            out.push_str(if is_local { named } else { named.trim_end_matches(numbers) });
        } else {
            out.push_str(made);
        }
        rest = after;
    }
    out.push_str(rest);
    if out.len() == name.len() { Cow::Borrowed(name) } else { Cow::Owned(out) }
}
