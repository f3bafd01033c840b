use std::fmt;

use crate::id::{ConfigId, OccurrenceId};

/// The notification configs that came with all occurrences of one commit, and the newest of these occurrences. The
/// configs are used for these occurrences only, so that whoever posts a config learns nothing about what others posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posted {
    /// The id of the configs.
    pub configs: ConfigId,
    /// The newest of the occurrences. `None` if an earlier version wrote it; then the configs are not used.
    pub occurrence: Option<OccurrenceId>,
}

impl Posted {
    /// Parses the text form. Returns `None` if it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let (configs, occurrence) = text.split_once(' ').map_or((text, None), |(id, rest)| (id, Some(rest)));
        let occurrence = occurrence.map(OccurrenceId::parse).transpose().ok()?;
        Some(Self { configs: ConfigId::parse(configs).ok()?, occurrence })
    }
}

/// The text form: the id of the configs, and the id of the occurrence.
impl fmt::Display for Posted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.configs)?;
        self.occurrence.iter().try_for_each(|occurrence| write!(f, " {occurrence}"))
    }
}
