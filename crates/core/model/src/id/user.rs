use std::fmt;

use super::{shown, text_form, unhex};

/// The id of a user: 16 lower-case hexadecimal digits. It never changes, unlike a name or an email address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId([u8; 8]);

/// The text is not the id of a user.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not the id of a user: send the 16 hexadecimal digits that GET /users lists")]
pub struct BadUserId(String);

impl UserId {
    /// Creates the id of a new user from 64 of the `random` bits.
    pub fn from_random(random: u128) -> Self {
        Self((random as u64).to_be_bytes())
    }

    /// Parses 16 hexadecimal digits of either case.
    pub fn parse(text: &str) -> Result<Self, BadUserId> {
        text.parse()
    }
}

impl std::str::FromStr for UserId {
    type Err = BadUserId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        unhex(text).map(Self).ok_or_else(|| BadUserId(shown(text)))
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

text_form!(UserId, "^[0-9A-Fa-f]{16}$", "7c41d09be2a85f36");
