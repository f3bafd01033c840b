use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::LaneId;
use crate::Trigger;
use model::id::{Fingerprint, OccurrenceId};
use model::time::Timestamp;

/// A notification to send: what must stay as it was when it happened. The rest is read when it is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LaneEntry {
    /// What happened.
    #[serde(rename = "happened")]
    pub event: OutboxEvent,
    /// Which rule says so.
    pub rule: RuleRef,
    /// Since when it waits.
    pub since: Timestamp,
    /// How often it was taken out of the dead-letter queue: each time it is to be sent once more.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub redriven: u32,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum OutboxEvent {
    /// Something happened to an error.
    #[serde(rename_all = "camelCase")]
    Error {
        /// The error.
        fingerprint: Fingerprint,
        /// Its incarnation and version, which name the commit: `{uid}:{version}`.
        commit: String,
        /// Which of the rule's conditions was met.
        #[serde(rename = "why")]
        trigger: Trigger,
        /// When.
        at: Timestamp,
        /// How many occurrences there were, ever.
        count: u64,
        /// The occurrence to show, for a posted config; without, the newest one is shown.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        own: Option<OccurrenceId>,
    },
    /// The project sends more than it may.
    #[serde(rename_all = "camelCase")]
    Limited {
        /// Identifies the time in which this is reported once.
        episode: String,
        /// What it ran into, in words.
        limit: String,
        /// Until when events are refused.
        until: Timestamp,
    },
}

/// Where to find the rule of an entry. It is looked up when the entry is sent: a deleted rule sends nothing more.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RuleRef {
    /// Among the project's: its id.
    Project(String),
    /// Posted with the error: the id of the posted configs, and the place among them.
    Posted(String, usize),
}

/// Identifies an entry within its lane: 64 bits of SHA-256, of which a lane remembers some hundred.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EntryToken(pub u64);

impl LaneEntry {
    /// Identifies it in its lane: the same whenever the stream brings it.
    pub fn token(&self) -> EntryToken {
        let what = match &self.event {
            // A commit of occurrences from several units of time may cross the rule's threshold in each of them.
            OutboxEvent::Error { commit, trigger: Trigger::Threshold { start, .. }, .. } => {
                format!("{commit}@{}", start.seconds())
            }
            OutboxEvent::Error { commit, .. } => commit.clone(),
            OutboxEvent::Limited { episode, .. } => episode.clone(),
        };
        let rule = match &self.rule {
            RuleRef::Project(id) => format!("rule:{id}"),
            // A commit has the occurrences of one set of configs.
            RuleRef::Posted(_, index) => format!("posted:{index}"),
        };
        let hash = Sha256::digest(format!("{what}\n{rule}\n{}", self.redriven));
        EntryToken(u64::from_be_bytes(hash[..8].try_into().expect("8 of 32 bytes")))
    }

    /// Identifies it to the recipient, 32 hexadecimal digits: the same however often it is sent.
    pub fn message_token(&self, lane: &LaneId) -> String {
        let hash = Sha256::digest(format!("{}\n{lane}\n{}", lane.project, self.token().0));
        hash[..16].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Identifies a message of all of `entries`, with how many `more` there were, 32 hexadecimal digits: the same if the same
/// are sent again; another one if more came meanwhile, since whoever drops what was seen must not drop those.
pub fn summary_token(entries: &[LaneEntry], more: u64, lane: &LaneId) -> String {
    let mut hash = Sha256::new_with_prefix(format!("{}\n{lane}\n{more}", lane.project));
    for entry in entries {
        hash.update(entry.token().0.to_be_bytes());
    }
    hash.finalize()[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde calls")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}
