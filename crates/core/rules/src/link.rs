//! Links to where a person finds out more, from a template of RFC 6570, level 1: `{name}` stands for a value.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What the names of a template stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkFacts<'a> {
    /// `{project}`: its name.
    pub project: &'a str,
    /// `{message}`: what names the error in lists, and, for v1's errors, in paths.
    pub message: &'a str,
    /// `{reversedUnixtime}`: the id of the newest occurrence; nothing if there is none any more.
    pub reversed_unixtime: Option<&'a str>,
    /// `{fingerprint}`: what names the error always. v1 does not have this one.
    pub fingerprint: &'a str,
}

/// The names that a template may have.
pub(super) const NAMES: [&str; 4] = ["project", "message", "reversedUnixtime", "fingerprint"];

/// All but RFC 3986's unreserved characters: how values are written (RFC 6570, 3.2.2).
const VALUE_ENCODING: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// All but reserved and unreserved characters: how the text between is written (RFC 6570, 3.1).
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

/// The link that a template gives. A name that has no value, or is not known, stands for nothing; what is no expression
/// of level 1 is left as it is, as the RFC has it for errors.
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
    /// Text, which may hold braces that are no expression.
    Literal(&'a str),
    /// The name in an expression.
    Name(&'a str),
}

/// A template's parts, in order.
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

/// A name of a variable, as the RFC has it but for percent-encoded characters.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'))
}

/// What is percent-encoded already stays as it is.
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
    fn names_stand_for_percent_encoded_values() {
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
    fn the_text_between_is_made_fit_for_a_url() {
        check("https://e.org/a b/é?x=%20%zz#[1]", "https://e.org/a%20b/%C3%A9?x=%20%25zz#[1]");
        check("https://e.org/100%", "https://e.org/100%25");
    }

    #[test]
    fn what_is_no_name_of_ours_stands_for_nothing_and_what_is_no_expression_stays() {
        check("a{unknown}b{a.b_c}c", "abc");
        check("{+project}{", "%7B+project%7D%7B");
        check("{project", "%7Bproject");
        check("{}{{project}}", "%7B%7D%7Bshop%7D");
        let facts = LinkFacts { project: "p", message: "m", reversed_unixtime: None, fingerprint: "f" };
        assert_eq!(expand_link("{reversedUnixtime}.", &facts), ".");
    }
}
