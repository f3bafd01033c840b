//! What a project adds to, and takes from, what is scrubbed.

use serde::{Deserialize, Serialize};

/// A project's own rules. Names are compared without case, spaces, dashes and underscores.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rules {
    /// Keys whose values are secrets besides the usual ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub additional: Vec<String>,
    /// Keys whose values are none, whatever they are called.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exempt: Vec<String>,
}
