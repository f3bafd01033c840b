use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The issue that an error has at GitHub or GitLab.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Link {
    /// Its number in the repository.
    pub number: u64,
    /// Where a person looks at it.
    pub url: String,
}
