use serde::{Deserialize, Serialize};

use crate::id::{ConfigId, OccurrenceId};

/// The notification configs that came with all occurrences of one commit, and the newest of these occurrences. The
/// configs are used for these occurrences only, so that whoever posts a config learns nothing about what others posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posted {
    /// The id of the configs.
    #[serde(rename = "c")]
    pub configs: ConfigId,
    /// The newest of the occurrences.
    #[serde(rename = "o")]
    pub occurrence: OccurrenceId,
}
