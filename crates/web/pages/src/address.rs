//! Parts of addresses.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// All but letters, digits, and what ids have between them, which stands for itself in an address (RFC 3986, 2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');

/// A segment of a path, or a value of a query.
pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// The address of a project's pages and routes, without a slash at its end.
pub(crate) fn project(name: &str) -> String {
    format!("/projects/{}", encoded(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_stays_as_it_is_and_no_text_leaves_its_segment() {
        assert_eq!(encoded("9007-01M7_A"), "9007-01M7_A");
        assert_eq!(encoded("../a?b"), "%2E%2E%2Fa%3Fb");
        assert_eq!(project("p%41#é"), "/projects/p%2541%23%C3%A9");
    }
}
