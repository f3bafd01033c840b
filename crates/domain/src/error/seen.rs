use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Sighting, cut};
use crate::occurrence::Level;

/// What the occurrences of an error's last commit had: rules are asked whether it is what they are about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Their environments, at most eight, each cut to 100 bytes.
    #[serde(default, rename = "e", skip_serializing_if = "Vec::is_empty")]
    pub environments: Vec<String>,
    /// Their levels.
    #[serde(default, rename = "l", skip_serializing_if = "Vec::is_empty")]
    pub levels: Vec<Level>,
    /// Their releases, at most eight, each cut to 100 bytes.
    #[serde(default, rename = "r", skip_serializing_if = "Vec::is_empty")]
    pub releases: Vec<String>,
}

/// How many different environments, or releases, are kept of a commit: the oldest occurrences' ones. Each commit writes
/// them, and pays by the kilobyte.
const MAX_DIFFERENT: usize = 8;

impl Seen {
    /// The longest environment or release that is kept, in bytes.
    pub const MAX_TEXT: usize = 100;

    pub(super) fn add(&mut self, sighting: &Sighting) {
        for (texts, text) in [(&mut self.environments, &sighting.environment), (&mut self.releases, &sighting.release)]
        {
            let Some(text) = text.as_deref().map(|text| cut(text, Self::MAX_TEXT)) else { continue };
            if texts.len() < MAX_DIFFERENT && !texts.contains(&text) {
                texts.push(text);
            }
        }
        if !self.levels.contains(&sighting.level) {
            self.levels.push(sighting.level);
        }
    }
}

/// The text is not the text form of what a commit brought.
#[derive(Debug, thiserror::Error)]
#[error("`seen` is not what a commit brought: {0}")]
pub struct BadSeen(serde_json::Error);

impl Seen {
    /// From the text form.
    pub fn parse(text: &str) -> Result<Self, BadSeen> {
        serde_json::from_str(text).map_err(BadSeen)
    }
}

/// The text form: JSON, with one letter for each list.
impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}
