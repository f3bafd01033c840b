use std::fmt;

use sha2::{Digest, Sha256};

use super::{shown, text_form, unhex};

/// The hash that names an error: 128 bits of a SHA-256 over what its occurrences have in common, as 32 lower-case
/// hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 16]);

/// The text is not a fingerprint.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not a fingerprint: it must be 32 hexadecimal digits")]
pub struct BadFingerprint(String);

impl Fingerprint {
    /// Hashes `parts` under a `method`. The method names the grouping rule and its version, so that hashes of a better
    /// rule never equal those of an old one by accident. Parts are prefixed by their lengths, so different lists never
    /// give the same input.
    pub fn of<'a>(method: &'a str, parts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut hash = Sha256::new();
        for part in std::iter::once(method).chain(parts) {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash.finalize()[..16]);
        Self(bytes)
    }

    /// Creates a fingerprint from the bytes that [`to_bytes`](Self::to_bytes) returned.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    pub fn to_bytes(&self) -> [u8; 16] {
        self.0
    }

    /// Parses 32 hexadecimal digits of either case.
    pub fn parse(text: &str) -> Result<Self, BadFingerprint> {
        text.parse()
    }
}

impl std::str::FromStr for Fingerprint {
    type Err = BadFingerprint;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        unhex(text).map(Self).ok_or_else(|| BadFingerprint(shown(text)))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

text_form!(Fingerprint, "^[0-9A-Fa-f]{32}$", "5f2b1c8e9a704d63b1e0c7a48f35d926");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_part_ends_matters() {
        assert_ne!(Fingerprint::of("m", ["ab", "c"]), Fingerprint::of("m", ["a", "bc"]));
        assert_ne!(Fingerprint::of("m", ["a"]), Fingerprint::of("n", ["a"]));
        let fingerprint = Fingerprint::of("m", ["a"]);
        assert_eq!(Fingerprint::parse(&fingerprint.to_string().to_uppercase()).unwrap(), fingerprint);
    }
}
