use std::fmt;

use sha2::{Digest, Sha256};

use super::{shown, text_form, unhex};

/// The id that ties a deployed script to its source map: a UUID, written in lower case with dashes. Clients choose it, so
/// it is unique only within a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DebugId([u8; 16]);

/// The text is not a debug id.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not a debug id: it must be a UUID, 32 hexadecimal digits with or without dashes")]
pub struct BadDebugId(String);

impl DebugId {
    /// Creates an id from its 16 bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes of the id.
    pub fn to_bytes(self) -> [u8; 16] {
        self.0
    }

    /// The id under which the source map of a file without a debug id is stored. It follows from what is known of the file:
    /// its release, its build, and its URL.
    pub fn of_file(release: &str, dist: Option<&str>, url: &str) -> Self {
        let mut hash = Sha256::new_with_prefix("file");
        // An absent build is another one than an empty one.
        for part in [Some(release), dist, Some(url)] {
            hash.update(part.map_or(u64::MAX, |part| part.len() as u64).to_le_bytes());
            hash.update(part.unwrap_or_default());
        }
        let mut id = [0; 16];
        id.copy_from_slice(&hash.finalize()[..16]);
        Self(id)
    }

    /// Parses 32 hexadecimal digits of either case, with or without dashes.
    pub fn parse(text: &str) -> Result<Self, BadDebugId> {
        text.parse()
    }
}

impl std::str::FromStr for DebugId {
    type Err = BadDebugId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = match text.len() {
            32 => unhex(text),
            33..=36 => unhex(&text.replace('-', "")),
            _ => None,
        };
        bytes.map(Self).ok_or_else(|| BadDebugId(shown(text)))
    }
}

impl fmt::Display for DebugId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = hex::encode(self.0);
        write!(f, "{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }
}

text_form!(
    DebugId,
    "^[0-9A-Fa-f]{8}-?[0-9A-Fa-f]{4}-?[0-9A-Fa-f]{4}-?[0-9A-Fa-f]{4}-?[0-9A-Fa-f]{12}$",
    "c1b5cb37-8a72-5b7d-9d2a-0f6b0ae8a4ce"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_a_file_depends_on_all_that_is_known_of_it() {
        let ids = [
            DebugId::of_file("shop@1", None, "~/a.js"),
            DebugId::of_file("shop@1", Some(""), "~/a.js"),
            DebugId::of_file("shop@1", Some("1"), "~/a.js"),
            DebugId::of_file("shop@2", None, "~/a.js"),
            DebugId::of_file("shop@1", None, "~/b.js"),
            DebugId::of_file("shop@1~", None, "/a.js"),
        ];
        assert_eq!(ids.iter().collect::<std::collections::BTreeSet<_>>().len(), ids.len());
        assert_eq!(ids[0], DebugId::of_file("shop@1", None, "~/a.js"));
    }

    #[test]
    fn an_id_is_read_leniently_and_written_in_one_form() {
        let expected = "c1b5cb37-8a72-5b7d-9d2a-0f6b0ae8a4ce";
        for text in [expected, "C1B5CB37-8A72-5B7D-9D2A-0F6B0AE8A4CE", "c1b5cb378a725b7d9d2a0f6b0ae8a4ce"] {
            assert_eq!(DebugId::parse(text).unwrap().to_string(), expected);
        }
        for bad in ["", "undefined", "c1b5cb37", "c1b5cb378a725b7d9d2a0f6b0ae8a4cg"] {
            assert!(DebugId::parse(bad).is_err(), "{bad}");
        }
    }
}
