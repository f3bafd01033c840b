use std::fmt;

use super::{shown, text_form};

/// A project's number, from 1. Numeric because several Sentry SDKs accept only digits in a DSN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProjectId(u64);

/// The text is not a project number.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not a project id: it must be a whole number from 1")]
pub struct BadProjectId(String);

impl ProjectId {
    /// From a number; `None` for 0.
    pub fn new(number: u64) -> Option<Self> {
        (number > 0).then_some(Self(number))
    }

    /// From decimal digits without sign.
    pub fn parse(text: &str) -> Result<Self, BadProjectId> {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse().ok()).flatten().and_then(Self::new).ok_or_else(|| BadProjectId(shown(text)))
    }

    /// The number.
    pub fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for ProjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl serde::Serialize for ProjectId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.0)
    }
}

impl schemars::JsonSchema for ProjectId {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ProjectId".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "integer", "minimum": 1, "examples": [1] })
    }
}

impl<'de> serde::Deserialize<'de> for ProjectId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = u64::deserialize(deserializer)?;
        Self::new(number).ok_or_else(|| serde::de::Error::custom(BadProjectId(number.to_string())))
    }
}

/// A project's name: 1 to 256 bytes without `/`, `.` or white space (faultline v1's rule), and without control
/// characters, which no URL or page could show.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProjectName(String);

/// Why a text cannot name a project.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BadProjectName {
    /// Nothing was given.
    #[error("a project name cannot be empty")]
    Empty,
    /// More than 256 bytes of UTF-8.
    #[error("project name `{0}` has {1} bytes: at most 256 are allowed")]
    TooLong(String, usize),
    /// `/`, `.`, white space or a control character.
    #[error("project name `{0}` holds {1:?}: `/`, `.`, white space and control characters are not allowed")]
    Character(String, char),
}

impl ProjectName {
    /// The longest name, in bytes.
    pub const MAX_BYTES: usize = 256;

    /// Checks the rule above.
    pub fn parse(text: &str) -> Result<Self, BadProjectName> {
        if text.is_empty() {
            return Err(BadProjectName::Empty);
        }
        if text.len() > Self::MAX_BYTES {
            return Err(BadProjectName::TooLong(shown(text), text.len()));
        }
        match text.chars().find(|&c| c == '/' || c == '.' || c.is_whitespace() || c.is_control()) {
            Some(c) => Err(BadProjectName::Character(shown(text), c)),
            None => Ok(Self(text.to_owned())),
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_form!(ProjectName, r"^[^/.\s\x00-\x1f\x7f-\x9f]{1,256}$", "shop");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_name_has_no_slash_space_or_dot_and_at_most_256_bytes() {
        for good in ["a", "sample-project", "日本語", "a_b%20", &"x".repeat(256), &"é".repeat(128)] {
            assert_eq!(ProjectName::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "a/b", "a.b", "a b", "a\tb", "a\u{3000}b", "a\0", &"x".repeat(257), &"é".repeat(129)] {
            assert!(ProjectName::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_project_id_is_digits_only() {
        assert_eq!(ProjectId::parse("42").unwrap().get(), 42);
        for bad in ["", "0", "-1", "+1", "1x", "18446744073709551616", "١"] {
            assert!(ProjectId::parse(bad).is_err(), "{bad:?}");
        }
    }
}
