//! Percent-encoding of URL parts.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything except letters, digits, `-` and `_`, which ids contain. These are unreserved in URLs (RFC 3986, 2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');

/// Percent-encodes a path segment or a query value.
pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// Returns the base path of a project's pages and routes, without a trailing slash.
pub(crate) fn project(name: &str) -> String {
    format!("/projects/{}", encoded(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unchanged_and_text_stays_in_its_segment() {
        assert_eq!(encoded("9007-01M7_A"), "9007-01M7_A");
        assert_eq!(encoded("../a?b"), "%2E%2E%2Fa%3Fb");
        assert_eq!(project("p%41#é"), "/projects/p%2541%23%C3%A9");
    }
}
