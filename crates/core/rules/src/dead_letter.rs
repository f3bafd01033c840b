//! Notifications that could not be delivered, as they are kept among the dead letters.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::lane::LaneEntry;
use model::id::{ProjectId, ProjectName};
use model::time::Timestamp;

/// A dead letter. It holds no secret: the rule, with its tokens, is looked up when it is sent again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UndeliveredLetter {
    /// The version of this form.
    pub v: u8,
    /// Why it is here; the channel took secrets out of it.
    pub reason: String,
    /// The project; none of a record of the stream that could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<ProjectId>,
    /// The id of the rule; none of a config that was posted with an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// What people call the rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule_name: Option<String>,
    /// The target in words: `GitHub acme/shop`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The lane, without the project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lane: Option<String>,
    /// What was to be sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entries: Vec<LaneEntry>,
    /// How many more there were than are kept.
    #[serde(default)]
    pub more: u64,
    /// The number of the record in the stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
}

/// A notification that could not be delivered, as an admin sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeadNotice {
    /// The queue's id of it.
    pub id: String,
    /// Since when it is here.
    pub since: Timestamp,
    /// The project's number.
    pub project: Option<ProjectId>,
    /// The project's name; none if it is gone.
    pub project_name: Option<ProjectName>,
    /// The id of the rule; none of a config that was posted with an error.
    pub rule: Option<String>,
    /// What people call the rule.
    pub rule_name: Option<String>,
    /// Where it was to go: `Slack #errors`, `GitHub acme/shop`.
    pub target: Option<String>,
    /// How many notifications it is.
    pub notices: usize,
    /// Why it could not be delivered.
    pub reason: String,
}

impl DeadNotice {
    /// Of the text of a letter; the project's name is for the caller to find.
    pub fn of(id: &str, since: Timestamp, text: &str) -> Self {
        let letter = serde_json::from_str(text).unwrap_or_else(|_| UndeliveredLetter {
            // What Lambda puts here when a batch of the stream failed until its records were gone.
            reason: "a batch of the table's stream could not be read for a day".to_owned(),
            ..UndeliveredLetter::default()
        });
        let notices = letter.entries.len() + usize::try_from(letter.more).unwrap_or(usize::MAX);
        Self {
            id: id.to_owned(),
            since,
            project: letter.project,
            project_name: None,
            rule: letter.rule,
            rule_name: letter.rule_name,
            target: letter.target,
            notices,
            reason: letter.reason,
        }
    }
}
