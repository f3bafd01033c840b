use std::fmt;

use super::{shown, text_form, unhex};

/// The SHA-1 of a file or of a part of it, by which uploaders name it: 40 lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Checksum([u8; 20]);

/// The text is not a SHA-1.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not a SHA-1: it must be 40 hexadecimal digits")]
pub struct BadChecksum(String);

impl Checksum {
    /// Creates a checksum from its 20 bytes.
    pub fn from_bytes(bytes: [u8; 20]) -> Self {
        Self(bytes)
    }

    /// Parses 40 hexadecimal digits of either case.
    pub fn parse(text: &str) -> Result<Self, BadChecksum> {
        text.parse()
    }
}

impl std::str::FromStr for Checksum {
    type Err = BadChecksum;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        unhex(text).map(Self).ok_or_else(|| BadChecksum(shown(text)))
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

text_form!(Checksum);
