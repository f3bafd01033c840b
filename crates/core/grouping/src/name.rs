//! Names of functions, modules, types and files: their maximum length, and rules that all platforms share.

use std::borrow::Cow;

use super::work::spend;

/// The longest name that is cleaned, in bytes. The rest is cut off first and does not contribute. Longer names are
/// generated, and differ long before that. (Relay keeps 256 characters.)
pub(super) const MAX_NAME: usize = 1 << 10;

/// Returns `name` without surrounding white space, cut to [`MAX_NAME`].
pub(super) fn bounded(name: &str) -> &str {
    let name = &name[..name.floor_char_boundary(MAX_NAME)];
    spend(name.len());
    name.trim()
}

/// Returns whether `text` consists of one or more digits.
pub(super) fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns `name` without the digits of addresses: `#<Class:0x00007f8b1c0a1b2c>` becomes `#<Class:0x>`.
pub(super) fn without_addresses(name: Cow<'_, str>) -> Cow<'_, str> {
    if !name.contains("0x") {
        return name;
    }
    let mut out = String::with_capacity(name.len());
    let mut rest = name.as_ref();
    while let Some(at) = rest.find("0x") {
        let joined = rest[..at].ends_with(|before: char| before.is_ascii_alphanumeric());
        out.push_str(&rest[..at + 2]);
        rest = &rest[at + 2..];
        if !joined {
            rest = rest.trim_start_matches(|digit: char| digit.is_ascii_hexdigit());
        }
    }
    spend(name.len());
    out.push_str(rest);
    Cow::Owned(out)
}

/// Returns `name` without the digits after each `mark`: `closure#2` becomes `closure#` for the mark `#`.
pub(super) fn without_digits_after<'a>(name: Cow<'a, str>, mark: &str) -> Cow<'a, str> {
    spend(name.len());
    let numbered = |at: usize| name.as_bytes().get(at + mark.len()).is_some_and(u8::is_ascii_digit);
    if !name.match_indices(mark).any(|(at, _)| numbered(at)) {
        return name;
    }
    let mut out = String::with_capacity(name.len());
    let mut rest = name.as_ref();
    while let Some(at) = rest.find(mark) {
        let after = at + mark.len();
        out.push_str(&rest[..after]);
        rest = rest[after..].trim_start_matches(|digit: char| digit.is_ascii_digit());
    }
    out.push_str(rest);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_numbers_are_removed_from_names() {
        for (name, expected) in [
            ("#<Class:0x00007f8b1c0a1b2c>#total", "#<Class:0x>#total"),
            ("at 0xAB and 0x12", "at 0x and 0x"),
            ("box0x1", "box0x1"),
            ("total", "total"),
        ] {
            assert_eq!(without_addresses(Cow::Borrowed(name)), expected);
        }
        assert_eq!(without_digits_after(Cow::Borrowed("a#12b#c#3"), "#"), "a#b#c#");
        assert!(matches!(without_digits_after(Cow::Borrowed("a#b"), "#"), Cow::Borrowed("a#b")));
        assert_eq!(bounded(&"é".repeat(4_000)).len(), MAX_NAME);
    }
}
