use std::fmt;

use sha2::{Digest, Sha256};

use super::{ProjectName, shown, text_form, unhex};

/// The id of the notification configs that were posted together: 128 bits of a SHA-256 over their project and their
/// text, as 32 lower-case hexadecimal digits. So the same configs have the same id, however often they are posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConfigId([u8; 16]);

/// The text is not a config's id.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not the id of a notification config: it must be 32 hexadecimal digits")]
pub struct BadConfigId(String);

impl ConfigId {
    /// Computes the id from the text before it is sealed.
    pub fn of(project: &ProjectName, plaintext: &[u8]) -> Self {
        let mut hash = Sha256::new();
        // A project name contains no line end.
        hash.update(project.as_str());
        hash.update("\n");
        hash.update(plaintext);
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash.finalize()[..16]);
        Self(bytes)
    }

    /// Parses 32 hexadecimal digits of either case.
    pub fn parse(text: &str) -> Result<Self, BadConfigId> {
        text.parse()
    }
}

impl std::str::FromStr for ConfigId {
    type Err = BadConfigId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        unhex(text).map(Self).ok_or_else(|| BadConfigId(shown(text)))
    }
}

impl fmt::Display for ConfigId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

text_form!(ConfigId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configs_differ_by_project_and_text() {
        let id = |project, text: &str| ConfigId::of(&ProjectName::parse(project).unwrap(), text.as_bytes());
        assert_eq!(id("a", "x"), id("a", "x"));
        assert_ne!(id("a", "x"), id("a", "y"));
        assert_ne!(id("a", "x"), id("b", "x"));
        assert_eq!(ConfigId::parse(&id("a", "x").to_string().to_uppercase()).unwrap(), id("a", "x"));
        assert!(ConfigId::parse("x").is_err());
    }
}
