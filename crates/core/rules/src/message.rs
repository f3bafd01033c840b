//! Notifications as facts, which each channel formats in its own way.

use serde::{Deserialize, Serialize};

use model::id::{Fingerprint, ProjectName};
use model::occurrence::{Level, Occurrence};
use model::project::TimeUnit;
use model::time::Timestamp;

/// The reason for a notification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "why")]
pub enum Trigger {
    /// The error was seen for the first time ever.
    First,
    /// It was resolved, and seen again.
    Regression,
    /// It was muted, the mute has ended by itself, and it was seen again.
    Unmuted,
    /// Its count in a unit of time reached or exceeded a number that the rule names.
    #[serde(rename_all = "camelCase")]
    Threshold {
        /// The count in the unit so far, which may exceed the number.
        count: u64,
        unit: TimeUnit,
        start: Timestamp,
    },
    /// Somebody assigned it. On-call services and trackers are not notified.
    Assigned {
        /// The new assignee.
        assignee: String,
    },
    /// Somebody resolved it, or merged it into another error. Only [on-call services](super::Target::is_on_call) are
    /// notified, which then close its incident.
    Resolved,
    /// A test of a rule.
    Sample,
}

/// One event of an error that a rule reports.
#[derive(Clone, Debug, PartialEq)]
pub struct Notification {
    /// Identifies this notification. It is the same however often the notification is sent.
    pub token: String,
    /// Why it is sent.
    pub trigger: Trigger,
    /// When the event was committed.
    pub at: Timestamp,
    /// The error's project.
    pub project: ProjectName,
    pub fingerprint: Fingerprint,
    /// The error's type; may be empty.
    pub kind: String,
    /// The error's title in lists.
    pub message: String,
    /// Where the error happens.
    pub culprit: Option<String>,
    /// The level of its newest occurrence.
    pub level: Level,
    /// The platform of its newest occurrence.
    pub platform: String,
    /// The environment of its newest occurrence.
    pub environment: Option<String>,
    /// The release of its newest occurrence.
    pub release: Option<String>,
    /// The number of occurrences so far, when the rule was triggered.
    pub count: u64,
    /// The time of the earliest occurrence.
    pub first_seen: Timestamp,
    /// The time of the latest occurrence, when the rule was triggered.
    pub last_seen: Timestamp,
    /// A link for further details.
    pub link: Option<String>,
    /// The IANA name of the time zone for times in the message. UTC if it is missing.
    pub timezone: Option<String>,
    /// The occurrence to show, scrubbed: the newest one, or the one that a posted config came with. `None` if it has
    /// expired or was deleted.
    pub occurrence: Option<Box<Occurrence>>,
    /// Whether it is sent to a config that was posted with the occurrence. Then it shows only this occurrence, and
    /// nothing about others, not even how many there are.
    pub is_posted: bool,
}

/// Why notifications over a rule's ceiling are sent together as one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overflow {
    /// The number of messages per minute that the rule sends individually.
    pub ceiling: u32,
    /// The rule's name.
    pub rule: String,
    /// The page that lists the project's errors.
    pub link: Option<String>,
}

/// A message to one target.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// A single notification, with an occurrence if one is stored.
    One(Box<Notification>),
    /// Notifications that were collected over some minutes or during quiet hours, without occurrences.
    Several {
        /// Identifies this message. It is the same however often the message is sent.
        token: String,
        project: ProjectName,
        /// At least one notification, oldest first.
        notifications: Vec<Notification>,
        /// The number of further notifications, which are not listed.
        more: u64,
        /// The ceiling, if they are sent together because they exceeded it.
        overflow: Option<Overflow>,
    },
    /// A project has reached one of its limits, and events beyond it are refused.
    Limited {
        /// Identifies this message. It is the same however often the message is sent.
        token: String,
        project: ProjectName,
        /// The limit in words: `1,000 events a minute`.
        limit: String,
        /// When events are accepted again.
        until: Timestamp,
    },
}

impl Message {
    /// The project that it is about.
    pub fn project(&self) -> &ProjectName {
        match self {
            Self::One(notification) => &notification.project,
            Self::Several { project, .. } | Self::Limited { project, .. } => project,
        }
    }
}
