use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// The last time that an error came back after it was resolved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Regression {
    /// When the occurrence that brought it back was received.
    #[serde(rename = "a")]
    pub at: Timestamp,
    /// The release of that occurrence, at most 200 bytes.
    #[serde(default, rename = "r", skip_serializing_if = "Option::is_none")]
    pub release: Option<String>,
    /// How often the error has come back, including this time.
    #[serde(rename = "c")]
    pub count: u64,
}
