//! Notifications that could not be delivered, in the form in which they are kept as dead letters.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::lane::LaneEntry;
use model::id::{ProjectId, ProjectName};
use model::time::Timestamp;

/// A dead letter. It contains no secrets: the rule, with its tokens, is looked up when the notification is sent again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UndeliveredLetter {
    /// The version of the stored form.
    pub v: u8,
    /// The reason why it could not be delivered. The channel has removed secrets from it.
    pub reason: String,
    /// The project. `None` for a record of the stream that could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<ProjectId>,
    /// The id of the rule. `None` for a config that was posted with an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// The rule's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule_name: Option<String>,
    /// The target in words, such as `GitHub acme/shop`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The id of the lane, without the project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lane: Option<String>,
    /// The notifications that could not be delivered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entries: Vec<LaneEntry>,
    /// The number of further notifications, which are not kept.
    #[serde(default)]
    pub more: u64,
    /// The sequence number of the record in the stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
}

/// A notification that could not be delivered, as an admin sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeadNotice {
    /// The id that the queue gave it.
    pub id: String,
    /// When it was put into the queue.
    pub since: Timestamp,
    /// The number of the project.
    pub project: Option<ProjectId>,
    /// The name of the project. Missing if the project was deleted.
    pub project_name: Option<ProjectName>,
    /// The id of the rule. Missing for a config that was posted with an error.
    pub rule: Option<String>,
    /// The name of the rule.
    pub rule_name: Option<String>,
    /// The target in words, such as `Slack #errors` or `GitHub acme/shop`.
    pub target: Option<String>,
    /// The number of notifications in it.
    pub notices: usize,
    /// Why it could not be delivered.
    pub reason: String,
}

impl DeadNotice {
    /// Reads the text of a dead letter. The caller has to look up the project's name.
    pub fn of(id: &str, since: Timestamp, text: &str) -> Self {
        let letter = serde_json::from_str(text).unwrap_or_else(|_| UndeliveredLetter {
            // Lambda puts this text here if a batch of the stream kept failing until its records expired.
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
