use std::fmt;

use ulid::Ulid;

use super::{shown, text_form};
use crate::time::Timestamp;

/// The id of one incarnation of an error, a ULID. A fingerprint can come again after its error was deleted. Data of the
/// deleted incarnation (timeline, references) must not turn up in the new one, so it is stored under this id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ErrorUid(Ulid);

/// The text is not a ULID.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not a ULID: it must be 26 characters of Crockford's base 32")]
pub struct BadErrorUid(String);

impl ErrorUid {
    /// Creates the id of an incarnation that begins at `now`. 80 of the `random` bits make it unique.
    pub fn new(now: Timestamp, random: u128) -> Self {
        Self(Ulid::from_parts(now.millis() as u64, random))
    }

    /// Parses the text form.
    pub fn parse(text: &str) -> Result<Self, BadErrorUid> {
        text.parse()
    }
}

impl std::str::FromStr for ErrorUid {
    type Err = BadErrorUid;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ulid::from_string(text).map(Self).map_err(|_| BadErrorUid(shown(text)))
    }
}

impl fmt::Display for ErrorUid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

text_form!(ErrorUid);
