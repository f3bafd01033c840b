//! Notifications: facts, which each channel puts into its own form.

use serde::{Deserialize, Serialize};

use model::id::{Fingerprint, ProjectName};
use model::occurrence::{Level, Occurrence};
use model::project::TimeUnit;
use model::time::Timestamp;

/// Why a notification is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "why")]
pub enum Trigger {
    /// The error was seen for the first time ever.
    First,
    /// It was resolved, and seen again.
    Regression,
    /// It was muted, the mute has ended by itself, and it was seen again.
    Unmuted,
    /// Its count in a unit of time came to, or over, a number that the rule names.
    #[serde(rename_all = "camelCase")]
    Threshold {
        /// How often it was seen in the unit so far: the true count, which may be over the number.
        count: u64,
        /// Which unit.
        unit: TimeUnit,
        /// When the unit began.
        start: Timestamp,
    },
    /// Somebody tries a rule.
    Sample,
}

/// One event of one error that a rule reports.
#[derive(Clone, Debug, PartialEq)]
pub struct Notification {
    /// Identifies this notification: the same however often it is sent.
    pub token: String,
    /// Why it is sent.
    pub trigger: Trigger,
    /// When it was committed.
    pub at: Timestamp,
    /// The error's project.
    pub project: ProjectName,
    /// The error.
    pub fingerprint: Fingerprint,
    /// Its type; may be empty.
    pub kind: String,
    /// The message that names it in lists.
    pub message: String,
    /// Where it goes wrong.
    pub culprit: Option<String>,
    /// The level of its newest occurrence.
    pub level: Level,
    /// The platform of its newest occurrence.
    pub platform: String,
    /// The environment of its newest occurrence.
    pub environment: Option<String>,
    /// The release of its newest occurrence.
    pub release: Option<String>,
    /// How many occurrences there were, ever, when the rule was triggered.
    pub count: u64,
    /// The time of the earliest.
    pub first_seen: Timestamp,
    /// The time of the latest, when the rule was triggered.
    pub last_seen: Timestamp,
    /// Where a person finds out more.
    pub link: Option<String>,
    /// The IANA name of the time zone that times are shown in; UTC if there is none.
    pub timezone: Option<String>,
    /// The occurrence that is shown, scrubbed: the newest, or the one that a posted config came with. `None` if it has
    /// expired or was deleted.
    pub occurrence: Option<Box<Occurrence>>,
    /// Whether it goes to a config that was posted with the occurrence. Then it shows this occurrence, and nothing of
    /// others, not even how many there are.
    pub is_posted: bool,
}

/// Notifications over the ceiling of a rule, sent together as one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overflow {
    /// How many messages a minute the rule sends by themselves.
    pub ceiling: u32,
    /// What the rule is called.
    pub rule: String,
    /// Where the project's errors are listed.
    pub link: Option<String>,
}

/// One message to one target.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// One thing that happened.
    One(Box<Notification>),
    /// What was collected over some minutes, or through the quiet hours; without occurrences.
    Several {
        /// Identifies this message: the same however often it is sent.
        token: String,
        /// Whose.
        project: ProjectName,
        /// The oldest first, at least one.
        notifications: Vec<Notification>,
        /// How many more there were than are listed.
        more: u64,
        /// Why they come together, if it is for their number.
        overflow: Option<Overflow>,
    },
    /// A project sends more than it may, and what is over is refused.
    Limited {
        /// Identifies this message: the same however often it is sent.
        token: String,
        /// Whose.
        project: ProjectName,
        /// What it ran into, in words: `1,000 events a minute`.
        limit: String,
        /// Until when events are refused.
        until: Timestamp,
    },
}
