use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The status of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It is open.
    Unresolved,
    /// Somebody marked it as resolved. The next occurrence reopens it.
    Resolved,
    /// Somebody muted it, for a time or until the status is changed. It sends no notifications.
    Muted,
}

/// The word is not a status.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not a status: use `unresolved`, `resolved` or `muted`")]
pub struct BadStatus(String);

impl Status {
    /// All statuses, in the order of lists.
    pub const ALL: [Self; 3] = [Self::Unresolved, Self::Resolved, Self::Muted];

    pub fn parse(word: &str) -> Result<Self, BadStatus> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_str() == word)
            .ok_or_else(|| BadStatus(word.chars().take(80).collect()))
    }

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
