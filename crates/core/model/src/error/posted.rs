use std::fmt;

use crate::id::{ConfigId, OccurrenceId};

/// The notification configs that came with the occurrences of one commit, all of them, and the newest of these. They are
/// used for these occurrences and for no other: whoever posts a config learns nothing of what others posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posted {
    /// The id of the configs.
    pub configs: ConfigId,
    /// The newest of the occurrences; none if an earlier version wrote it, and then the configs are not used.
    pub occurrence: Option<OccurrenceId>,
}

impl Posted {
    /// From the text form; `None` if it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let (configs, occurrence) = text.split_once(' ').map_or((text, None), |(id, rest)| (id, Some(rest)));
        let occurrence = occurrence.map(OccurrenceId::parse).transpose().ok()?;
        Some(Self { configs: ConfigId::parse(configs).ok()?, occurrence })
    }
}

/// The text form: the id of the configs, and that of the occurrence.
impl fmt::Display for Posted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.configs)?;
        self.occurrence.iter().try_for_each(|occurrence| write!(f, " {occurrence}"))
    }
}
