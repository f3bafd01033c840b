//! Builds URLs.

use std::fmt::Display;

pub use web_pages::encoded;

/// Formats parameters as a query string. Leaves out empty ones.
pub fn query<'a>(parameters: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let pairs = parameters.into_iter().filter(|(_, value)| !value.is_empty());
    let pairs: Vec<_> = pairs.map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    pairs.join("&")
}

/// Appends the parameters to `path`, unless all are empty.
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
    fn empty_parameters_are_left_out() {
        assert_eq!(with_query("/a", [("b", "c d"), ("e", "")]), "/a?b=c%20d");
        assert_eq!(with_query("/a", [("e", "")]), "/a");
    }
}
