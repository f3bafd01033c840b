//! Links for further details, from a template of RFC 6570, level 1: `{name}` is replaced by a value.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The values of the names in a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkFacts<'a> {
    /// `{project}`: the project's name.
    pub project: &'a str,
    /// `{message}`: the error's title in lists, which is also its name in the paths of v1's API.
    pub message: &'a str,
    /// `{reversedUnixtime}`: the id of the newest occurrence. Replaced by nothing if there is none any more.
    pub reversed_unixtime: Option<&'a str>,
    /// `{fingerprint}`: the error's fingerprint. v1 does not have this name.
    pub fingerprint: &'a str,
}

/// The names that a template may use.
pub(super) const NAMES: [&str; 4] = ["project", "message", "reversedUnixtime", "fingerprint"];

/// Encodes all but RFC 3986's unreserved characters: the rule for values (RFC 6570, 3.2.2).
const VALUE_ENCODING: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// Encodes all but reserved and unreserved characters: the rule for the text between values (RFC 6570, 3.1).
const LITERAL_ENCODING: &AsciiSet = &VALUE_ENCODING
    .remove(b':')
    .remove(b'/')
    .remove(b'?')
    .remove(b'#')
    .remove(b'[')
    .remove(b']')
    .remove(b'@')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=');

/// Expands a template. A name that is unknown or has no value is replaced by nothing. Braces that are not an expression
/// of level 1 are left as they are, as the RFC requires for errors.
pub fn expand_link(template: &str, facts: &LinkFacts<'_>) -> String {
    let mut link = String::with_capacity(template.len());
    for part in parts(template) {
        match part {
            TemplatePart::Literal(text) => push_literal(&mut link, text),
            TemplatePart::Name(name) => {
                link.extend(utf8_percent_encode(find_value(name, facts).unwrap_or_default(), VALUE_ENCODING))
            }
        }
    }
    link
}

fn find_value<'a>(name: &str, facts: &LinkFacts<'a>) -> Option<&'a str> {
    match name {
        "project" => Some(facts.project),
        "message" => Some(facts.message),
        "reversedUnixtime" => facts.reversed_unixtime,
        "fingerprint" => Some(facts.fingerprint),
        _ => None,
    }
}

/// A part of a template.
pub(super) enum TemplatePart<'a> {
    /// Text. It may contain braces that are not an expression.
    Literal(&'a str),
    /// The name in an expression.
    Name(&'a str),
}

/// Splits a template into its parts.
pub(super) fn parts(template: &str) -> Vec<TemplatePart<'_>> {
    let mut parts = Vec::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let name = after.split_once('}').filter(|(name, _)| is_name(name));
        let Some((name, after)) = name else {
            // Not an expression: the brace is text.
            let end = before.len() + 1;
            parts.push(TemplatePart::Literal(&rest[..end]));
            rest = &rest[end..];
            continue;
        };
        parts.extend([TemplatePart::Literal(before), TemplatePart::Name(name)]);
        rest = after;
    }
    parts.push(TemplatePart::Literal(rest));
    parts
}

/// Whether a text is the name of a variable, as in the RFC but without percent-encoded characters.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'))
}

/// Percent-encodes text. What is percent-encoded already is not changed.
fn push_literal(link: &mut String, text: &str) {
    for (index, part) in text.split('%').enumerate() {
        if index > 0 {
            let digits = part.as_bytes().get(..2);
            let is_encoded = digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
            link.push_str(if is_encoded { "%" } else { "%25" });
        }
        link.extend(utf8_percent_encode(part, LITERAL_ENCODING));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(template: &str, expected: &str) {
        let facts = LinkFacts {
            project: "shop",
            message: "can't load 100% of a/b?é",
            reversed_unixtime: Some("9007197776696131-01-0"),
            fingerprint: "c0ffee",
        };
        assert_eq!(expand_link(template, &facts), expected, "{template}");
    }

    #[test]
    fn names_are_replaced_by_percent_encoded_values() {
        check("https://e.org/{project}", "https://e.org/shop");
        check("https://e.org/{message}", "https://e.org/can%27t%20load%20100%25%20of%20a%2Fb%3F%C3%A9");
        check(
            "https://e.org/?at={reversedUnixtime}&f={fingerprint}",
            "https://e.org/?at=9007197776696131-01-0&f=c0ffee",
        );
        check("{project}{project}", "shopshop");
        check("https://e.org", "https://e.org");
        check("", "");
    }

    #[test]
    fn the_text_between_names_is_encoded_for_a_url() {
        check("https://e.org/a b/é?x=%20%zz#[1]", "https://e.org/a%20b/%C3%A9?x=%20%25zz#[1]");
        check("https://e.org/100%", "https://e.org/100%25");
    }

    #[test]
    fn unknown_names_are_removed_and_other_braces_stay() {
        check("a{unknown}b{a.b_c}c", "abc");
        check("{+project}{", "%7B+project%7D%7B");
        check("{project", "%7Bproject");
        check("{}{{project}}", "%7B%7D%7Bshop%7D");
        let facts = LinkFacts { project: "p", message: "m", reversed_unixtime: None, fingerprint: "f" };
        assert_eq!(expand_link("{reversedUnixtime}.", &facts), ".");
    }
}
