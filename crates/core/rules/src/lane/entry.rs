use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::LaneId;
use crate::Trigger;
use model::id::{Fingerprint, OccurrenceId};
use model::time::Timestamp;

/// A notification in the outbox: the facts that must stay as they were when it was decided. Everything else is read
/// when it is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LaneEntry {
    #[serde(rename = "happened")]
    pub event: OutboxEvent,
    /// The rule that asked for it.
    pub rule: RuleRef,
    /// When it was put into the outbox.
    pub since: Timestamp,
    /// How often it was redriven from the dead-letter queue. Each time, it is sent once more.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub redriven: u32,
}

/// The event that a notification reports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum OutboxEvent {
    /// An event of an error.
    #[serde(rename_all = "camelCase")]
    Error {
        fingerprint: Fingerprint,
        /// The commit, as the incarnation and the version of the error: `{uid}:{version}`.
        commit: String,
        /// The condition of the rule that was met.
        #[serde(rename = "why")]
        trigger: Trigger,
        at: Timestamp,
        /// The number of occurrences so far.
        count: u64,
        /// The occurrence to show, for a posted config. Without it, the newest occurrence is shown.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        own: Option<OccurrenceId>,
    },
    /// The project reached one of its limits.
    #[serde(rename_all = "camelCase")]
    Limited {
        /// Identifies the period in which this is reported once.
        episode: String,
        /// The limit in words.
        limit: String,
        /// When events are accepted again.
        until: Timestamp,
    },
}

/// The rule of an entry. It is looked up when the entry is sent, so a deleted rule sends nothing more.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RuleRef {
    /// A rule of the project, by its id.
    Project(String),
    /// A config that was posted with the error: the id of the posted configs, and the position among them.
    Posted(String, usize),
}

/// Identifies an entry within its lane: 64 bits of a SHA-256. A lane remembers several hundred of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EntryToken(pub u64);

impl LaneEntry {
    /// The token of this entry in its lane. It is the same whenever the stream delivers the same event again.
    pub fn token(&self) -> EntryToken {
        let what = match &self.event {
            // A commit with occurrences from several units of time can cross the rule's threshold in each of them.
            OutboxEvent::Error { commit, trigger: Trigger::Threshold { start, .. }, .. } => {
                format!("{commit}@{}", start.seconds())
            }
            OutboxEvent::Error { commit, .. } => commit.clone(),
            OutboxEvent::Limited { episode, .. } => episode.clone(),
        };
        let rule = match &self.rule {
            RuleRef::Project(id) => format!("rule:{id}"),
            // A commit has the occurrences of a single set of configs.
            RuleRef::Posted(_, index) => format!("posted:{index}"),
        };
        let hash = Sha256::digest(format!("{what}\n{rule}\n{}", self.redriven));
        EntryToken(u64::from_be_bytes(hash[..8].try_into().expect("8 of 32 bytes")))
    }

    /// Identifies the entry to the recipient, as 32 hexadecimal digits. It is the same however often the entry is sent.
    pub fn message_token(&self, lane: &LaneId) -> String {
        let hash = Sha256::digest(format!("{}\n{lane}\n{}", lane.project, self.token().0));
        hash[..16].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Identifies a message with all of `entries` and the number `more` of further ones, as 32 hexadecimal
/// digits. If the same entries are sent again, it is the same. If entries were added, it is different: a recipient that
/// drops messages it has seen must not drop these.
pub fn summary_token(entries: &[LaneEntry], more: u64, lane: &LaneId) -> String {
    let mut hash = Sha256::new_with_prefix(format!("{}\n{lane}\n{more}", lane.project));
    for entry in entries {
        hash.update(entry.token().0.to_be_bytes());
    }
    hash.finalize()[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}
