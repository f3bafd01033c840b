use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The issue of an error in GitHub or GitLab.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Link {
    /// The number of the issue in its repository.
    pub number: u64,
    /// The web page of the issue.
    pub url: String,
}
