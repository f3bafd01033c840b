use std::fmt;

use sha2::{Digest, Sha256};

use super::{hex, shown, text_form, unhex};

/// A key as a caller sends it: 1 to 256 visible ASCII characters. It has no `Display` and a blind `Debug`, so that it
/// cannot end in a log line; storage only ever sees its [`KeyHash`].
#[derive(Clone, PartialEq, Eq)]
pub struct Key(String);

/// The text cannot be a key. It is not repeated, since it may be a secret with a typing error.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a key has 1 to 256 visible ASCII characters")]
pub struct BadKey;

impl Key {
    /// Checks the characters and the length.
    pub fn parse(text: &str) -> Result<Self, BadKey> {
        let fits = (1..=256).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then(|| Self(text.to_owned())).ok_or(BadKey)
    }

    /// A new key from 16 random bytes, as 32 hexadecimal digits: the form that Sentry's SDKs accept in a DSN.
    pub fn from_random(bytes: [u8; 16]) -> Self {
        Self(hex(&bytes))
    }

    /// The key itself, to be shown to its owner once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored and compared.
    pub fn hash(&self) -> KeyHash {
        KeyHash(Sha256::digest(&self.0).into())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// The SHA-256 of a key, 64 hexadecimal digits. Plain SHA-256 is enough: keys are random, not passwords.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyHash([u8; 32]);

/// The text is not the SHA-256 of a key.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not a SHA-256: it must be 64 hexadecimal digits (printf %s \"$KEY\" | sha256sum)")]
pub struct BadKeyHash(String);

impl KeyHash {
    /// From 64 hexadecimal digits of either case.
    pub fn parse(text: &str) -> Result<Self, BadKeyHash> {
        unhex(text).map(Self).ok_or_else(|| BadKeyHash(shown(text)))
    }
}

impl fmt::Display for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

text_form!(KeyHash);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_never_shows_itself() {
        let key = Key::parse("very-secret").unwrap();
        assert_eq!(format!("{key:?}"), "Key(…)");
        assert!(!format!("{:?}", Key::parse("very secret")).contains("very"));
        assert_eq!(key.hash(), KeyHash::parse(&key.hash().to_string()).unwrap());
    }
}
