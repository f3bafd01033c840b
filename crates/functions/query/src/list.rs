//! Query parameters, and their limits.

use http::Uri;
use model::outcome::{Reason, Refusal};
use model::time::{BadTimestamp, Timestamp};

/// The query parameters of a request.
pub(crate) struct Parameters(Vec<(String, String)>);

impl Parameters {
    pub(crate) fn parse(uri: &Uri) -> Self {
        Self(http_common::parse_query(uri.query()))
    }

    /// Returns the first parameter of this name that is not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// Returns all parameters with their values, in the order in which they were sent.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Returns all values of this parameter that are not empty.
    pub(crate) fn all_of(&self, name: &str) -> impl Iterator<Item = &str> {
        let of_name = self.0.iter().filter(move |(key, value)| key == name && !value.is_empty());
        of_name.map(|(_, value)| value.as_str())
    }

    /// Parses the parameter, if it is present and not empty.
    pub(crate) fn parsed<T, E: std::fmt::Display>(
        &self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, Refusal> {
        let value = self.get(name).map(parse).transpose();
        value.map_err(|error| refuse_parameter(name, error))
    }

    /// Reads `limit`: 1 to `most`, or `default` if it is not given.
    pub(crate) fn limit(&self, default: usize, most: usize) -> Result<usize, Refusal> {
        let limit = self.parsed("limit", |text| {
            let number = text.parse().ok().filter(|limit| (1..=most).contains(limit));
            number.ok_or_else(|| format!("`{text}` is not a number from 1 to {most}"))
        });
        Ok(limit?.unwrap_or(default))
    }
}

/// Parses a time of a query string, in which an unencoded `+` before the offset has become a space.
pub(crate) fn parse_moment(text: &str) -> Result<Timestamp, BadTimestamp> {
    match text.rsplit_once(' ') {
        Some((time, offset)) if time.contains('T') => Timestamp::parse(&format!("{time}+{offset}")),
        _ => Timestamp::parse(text),
    }
}

/// Refuses a query parameter, or a part of the path.
pub(crate) fn refuse_parameter(name: &str, error: impl std::fmt::Display) -> Refusal {
    Refusal::new(Reason::ParameterInvalid, format!("{name}: {error}")).at([name])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unencoded_plus_is_accepted() {
        let time = parse_moment("2016-12-07T00:00:00 09:00").unwrap();
        assert_eq!(time, parse_moment("2016-12-07T00:00:00+09:00").unwrap());
        assert!(parse_moment("2016-12-07 00:00:00").is_ok());
    }
}
