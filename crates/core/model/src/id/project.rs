use std::fmt;

use super::{shown, text_form};
use crate::text::is_hostile;

/// A project's number, from 1. It is numeric because several Sentry SDKs accept only digits in a DSN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProjectId(u64);

/// The text is not a project number.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not a project id: it must be a whole number from 1")]
pub struct BadProjectId(String);

impl ProjectId {
    /// Creates an id; `None` for 0.
    pub fn new(number: u64) -> Option<Self> {
        (number > 0).then_some(Self(number))
    }

    /// Parses decimal digits without a sign.
    pub fn parse(text: &str) -> Result<Self, BadProjectId> {
        text.parse()
    }

    pub fn get(self) -> u64 {
        self.0
    }
}

impl std::str::FromStr for ProjectId {
    type Err = BadProjectId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse::<u64>().ok()).flatten().and_then(Self::new).ok_or_else(|| BadProjectId(shown(text)))
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

/// A project's name: 1 to 256 bytes of text that can be used in a URL and on a page. It does not begin with a dot, and
/// contains none of `/`, `\`, `?`, `#` and `%`, no white space, and no characters that are invisible or change the
/// direction of writing.
///
/// faultline v1's clients put the name into a URL without encoding it, and API Gateway decodes it before faultline
/// reads it. Either way, a `?` or `#` would end the name, and a `%` would be read as something else.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProjectName(String);

/// An error from parsing a project name.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BadProjectName {
    /// The text is empty.
    #[error("a project name cannot be empty")]
    Empty,
    /// The text has more than 256 bytes of UTF-8.
    #[error("project name `{0}` has {1} bytes: use at most 256")]
    TooLong(String, usize),
    /// The text begins with a dot.
    #[error("project name `{0}` begins with a dot: begin it with another character")]
    Dot(String),
    /// The text contains a character that names may not have.
    #[error(
        "project name `{0}` contains {1:?}: leave out `/`, `\\`, `?`, `#`, `%`, white space, and control and other \
         invisible characters"
    )]
    Character(String, char),
}

impl ProjectName {
    /// Maximum length of a name, in bytes.
    pub const MAX_BYTES: usize = 256;

    /// Checks the rules of the type's documentation.
    pub fn parse(text: &str) -> Result<Self, BadProjectName> {
        text.parse()
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for ProjectName {
    type Err = BadProjectName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_unseen = |c: char| is_hostile(c) || matches!(c, '\u{ad}' | '\u{200b}' | '\u{2060}'..='\u{206f}');
        let is_forbidden = |c: char| "/\\?#%".contains(c) || c.is_whitespace() || is_unseen(c);
        let shown = |text: &str| shown(text).replace(is_unseen, "\u{fffd}");
        if text.is_empty() {
            return Err(BadProjectName::Empty);
        }
        if text.len() > Self::MAX_BYTES {
            return Err(BadProjectName::TooLong(shown(text), text.len()));
        }
        if text.starts_with('.') {
            return Err(BadProjectName::Dot(shown(text)));
        }
        match text.chars().find(|&c| is_forbidden(c)) {
            Some(c) => Err(BadProjectName::Character(shown(text), c)),
            None => Ok(Self(text.to_owned())),
        }
    }
}

impl fmt::Display for ProjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The rules of [`ProjectName::parse`] as a regular expression, for the API description.
const PATTERN: &str = concat!(
    r"^(?!\.)[^/\\?#%\s\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]",
    r"{1,256}$"
);

text_form!(ProjectName, PATTERN, "shop");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_name_can_stand_in_an_address_and_on_a_page() {
        let long = ["x".repeat(256), "é".repeat(128)];
        let good =
            ["a", "sample-project", "client.example", "日本語", "हिन्दी", "a_b", "x$(id)", "it's", "a&b=c", "<b>", "🛒"];
        for good in good.into_iter().chain(long.iter().map(String::as_str)) {
            assert_eq!(ProjectName::parse(good).unwrap().as_str(), good);
        }
        let long = ["x".repeat(257), "é".repeat(129)];
        let bad = ["", ".", "..", ".env", "a/b", "a\\b", "a#b", "a?b", "p%41", "a b", "a\tb", "a\u{3000}b", "a\0"];
        let unseen = ["a\u{202e}b", "a\u{200b}b", "a\u{9b}b", "a\u{2066}b", "a\u{feff}"];
        for bad in bad.into_iter().chain(unseen).chain(long.iter().map(String::as_str)) {
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
