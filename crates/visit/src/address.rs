//! Parts of addresses.

use std::fmt::Display;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// All but letters, digits, and what ids have between them, which stands for itself in an address (RFC 3986, 2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');

/// A segment of a path, or a value of a query.
pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// Parameters as a query, without those that are empty.
pub fn query<'a>(parameters: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let pairs = parameters.into_iter().filter(|(_, value)| !value.is_empty());
    let pairs: Vec<_> = pairs.map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    pairs.join("&")
}

/// `path` with a query, if there is any.
pub fn with_query<'a>(path: impl Display, parameters: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    match query(parameters) {
        nothing if nothing.is_empty() => path.to_string(),
        query => format!("{path}?{query}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_stays_as_it_is_and_no_text_leaves_its_segment() {
        assert_eq!(encoded("9007-01M7_A"), "9007-01M7_A");
        assert_eq!(encoded("../a?b"), "%2E%2E%2Fa%3Fb");
    }

    #[test]
    fn what_is_empty_is_left_out() {
        assert_eq!(with_query("/a", [("b", "c d"), ("e", "")]), "/a?b=c%20d");
        assert_eq!(with_query("/a", [("e", "")]), "/a");
    }
}
