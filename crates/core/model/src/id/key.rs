use std::fmt;

use sha2::{Digest, Sha256};

use super::{UserId, shown, text_form, unhex};

/// A key as a caller sends it: 1 to 1,024 visible ASCII characters. It has no `Display`, and its `Debug` hides the text,
/// so that it cannot end up in a log line. Storage only ever sees its [`KeyHash`].
#[derive(Clone, PartialEq, Eq)]
pub struct Key(String);

/// The prefix of upload tokens, as of Sentry's organisation tokens. Uploaders read the address of the server from what
/// follows.
const UPLOAD_TOKEN: &str = "sntrys_";

/// The prefix of personal access tokens, by which scanners for secrets recognise them.
const PERSONAL_TOKEN: &str = "faultline_pat_";

/// The prefix of the keys with which users sign in. The user's id follows.
const SIGN_IN_KEY: &str = "faultline_user_";

/// The text cannot be a key. The error does not repeat the text, because it may be a secret with a typing error.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a key has 1 to 1024 visible ASCII characters")]
pub struct BadKey;

impl Key {
    /// Checks the characters and the length.
    pub fn parse(text: &str) -> Result<Self, BadKey> {
        text.parse()
    }

    /// Creates a key from 16 random bytes, as 32 hexadecimal digits: the form that Sentry's SDKs accept in a DSN.
    pub fn from_random(bytes: [u8; 16]) -> Self {
        Self(hex::encode(bytes))
    }

    /// Creates a key in the form of Sentry's organisation tokens: the part that uploaders read, in base64, and a secret
    /// part, in base64 too.
    pub fn upload_token(readable: &str, secret: &str) -> Result<Self, BadKey> {
        Self::parse(&format!("{UPLOAD_TOKEN}{readable}_{secret}"))
    }

    /// Creates a personal access token from 16 random bytes: a prefix, and 32 hexadecimal digits.
    pub fn personal_token(bytes: [u8; 16]) -> Self {
        Self(format!("{PERSONAL_TOKEN}{}", hex::encode(bytes)))
    }

    /// Whether it has the form of a personal access token.
    pub fn is_personal_token(&self) -> bool {
        self.0.starts_with(PERSONAL_TOKEN)
    }

    /// Creates the key with which a user signs in to the pages, from 16 random bytes. It names the user.
    pub fn sign_in_key(user: UserId, bytes: [u8; 16]) -> Self {
        Self(format!("{SIGN_IN_KEY}{user}_{}", hex::encode(bytes)))
    }

    /// The user whose key to sign in this is, if it has the form of one.
    pub fn signs_in(&self) -> Option<UserId> {
        let (user, _) = self.0.strip_prefix(SIGN_IN_KEY)?.split_once('_')?;
        UserId::parse(user).ok()
    }

    /// The key itself. It is shown to its owner once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The first four characters, which help its owner to recognise it: 16 of the 128 bits of a key from
    /// [`Key::from_random`]. Of a token, those of its random part. `None` for shorter keys, because this would reveal too
    /// much of them.
    pub fn hint(&self) -> Option<&str> {
        let secret = match [UPLOAD_TOKEN, PERSONAL_TOKEN].into_iter().find_map(|prefix| self.0.strip_prefix(prefix)) {
            Some(token) => token.rsplit('_').next().unwrap_or(token),
            None => &self.0,
        };
        secret.get(..4).filter(|_| secret.len() >= 32)
    }

    /// The hash, which is stored and compared.
    pub fn hash(&self) -> KeyHash {
        KeyHash(Sha256::digest(&self.0).into())
    }
}

impl std::str::FromStr for Key {
    type Err = BadKey;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = (1..=1_024).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then(|| Self(text.to_owned())).ok_or(BadKey)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// The SHA-256 of a key, written as 64 hexadecimal digits. Plain SHA-256 is enough, because keys are random, unlike
/// passwords.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyHash([u8; 32]);

/// The text is not the SHA-256 of a key.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not a SHA-256: it must be 64 hexadecimal digits (printf %s \"$KEY\" | sha256sum)")]
pub struct BadKeyHash(String);

impl KeyHash {
    /// Parses 64 hexadecimal digits of either case.
    pub fn parse(text: &str) -> Result<Self, BadKeyHash> {
        text.parse()
    }

    /// Compares two hashes in a time that does not depend on where they differ.
    pub fn is_same(&self, other: &Self) -> bool {
        let differences = self.0.iter().zip(other.0).fold(0, |differences, (a, b)| differences | (a ^ b));
        std::hint::black_box(differences) == 0
    }

    pub fn id(&self) -> KeyId {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&self.0[..8]);
        KeyId(bytes)
    }
}

impl std::str::FromStr for KeyHash {
    type Err = BadKeyHash;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        unhex(text).map(Self).ok_or_else(|| BadKeyHash(shown(text)))
    }
}

impl fmt::Display for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

text_form!(KeyHash);

/// The name of a key where the key must not be shown: the first 64 bits of its hash, as 16 lower-case hexadecimal
/// digits. Keys are random, so no two keys of a stack have the same id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; 8]);

/// The text is not the id of a key. The error does not repeat the text, because it may be a key.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("this is not the id of a key: send the 16 hexadecimal digits that GET /keys lists")]
pub struct BadKeyId;

impl KeyId {
    /// Parses 16 hexadecimal digits of either case.
    pub fn parse(text: &str) -> Result<Self, BadKeyId> {
        text.parse()
    }
}

impl std::str::FromStr for KeyId {
    type Err = BadKeyId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        unhex(text).map(Self).ok_or(BadKeyId)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

text_form!(KeyId, "^[0-9A-Fa-f]{16}$", "3f9a17c40b5e62d8");

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

    #[test]
    fn a_key_to_sign_in_names_its_user() {
        let user = UserId::from_random(7);
        assert_eq!(Key::sign_in_key(user, [7; 16]).signs_in(), Some(user));
        for other in
            [Key::from_random([7; 16]), Key::personal_token([7; 16]), Key::parse("faultline_user_x_y").unwrap()]
        {
            assert_eq!(other.signs_in(), None);
        }
    }

    #[test]
    fn an_id_is_the_beginning_of_the_hash() {
        let hash = Key::from_random([7; 16]).hash();
        assert!(hash.to_string().starts_with(&hash.id().to_string()));
        assert_eq!(KeyId::parse(&hash.id().to_string().to_uppercase()), Ok(hash.id()));
        for bad in ["", "0123", "0123456789abcdeg", &hash.to_string()] {
            let error = KeyId::parse(bad).unwrap_err().to_string();
            assert!(bad.is_empty() || !error.contains(bad), "{error}");
        }
    }

    #[test]
    fn a_hint_is_given_only_of_keys_that_are_long_enough() {
        assert_eq!(Key::from_random([0xab; 16]).hint(), Some("abab"));
        assert_eq!(Key::parse("0123456789").unwrap().hint(), None);
        assert_eq!(Key::upload_token("e30=", &"xyz1".repeat(10)).unwrap().hint(), Some("xyz1"));
        let token = Key::personal_token([0xcd; 16]);
        assert!(token.is_personal_token() && !Key::from_random([0xcd; 16]).is_personal_token());
        assert_eq!((token.hint(), token.reveal().len()), (Some("cdcd"), 46));
    }
}
