use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether an error still matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It does.
    Unresolved,
    /// Somebody says it is mended; the next occurrence makes it unresolved.
    Resolved,
    /// Somebody wants to hear nothing of it, for a while or for ever.
    Muted,
}

/// The word is no status.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not a status: use `unresolved`, `resolved` or `muted`")]
pub struct BadStatus(String);

impl Status {
    /// All of them, in the order of lists.
    pub const ALL: [Self; 3] = [Self::Unresolved, Self::Resolved, Self::Muted];

    /// From the word.
    pub fn parse(word: &str) -> Result<Self, BadStatus> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_str() == word)
            .ok_or_else(|| BadStatus(word.chars().take(80).collect()))
    }

    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unresolved => "unresolved",
            Self::Resolved => "resolved",
            Self::Muted => "muted",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
