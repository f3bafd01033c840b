//! The history of an error, apart from its occurrences: who did what to it, and when.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use ulid::Ulid;

use super::{ErrorAggregate, ErrorChange, MergeFamily, Mute, StatusChange};
use crate::id::{EventId, Fingerprint, KeyId, UserId};
use crate::time::{SECONDS_PER_DAY, Timestamp};

/// Maximum length of a comment, in bytes.
pub const MAX_COMMENT: usize = 10_000;
/// Minimum number of days that a history entry is kept. An error may live longer, as long as it is seen.
pub const KEPT_DAYS: i64 = 800;

/// One entry of an error's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryEntry {
    /// The id, which contains the time. A history is ordered by the ids of its entries.
    pub id: EntryId,
    pub at: Timestamp,
    pub by: Actor,
    pub action: Action,
}

impl HistoryEntry {
    /// Creates the entries for `actions` that `by` performed at one moment, in this order. Uses 64 of the `random`
    /// bits.
    pub fn all(actions: Vec<Action>, by: &Actor, at: Timestamp, random: u128) -> Vec<Self> {
        let entry = |(place, action)| Self { id: EntryId::new(at, place, random), at, by: by.clone(), action };
        (0..).zip(actions).map(entry).collect()
    }

    /// When the entry may be removed.
    pub fn expires_at(&self) -> Timestamp {
        self.at.plus_seconds(KEPT_DAYS * SECONDS_PER_DAY)
    }
}

/// The person, service or event that did something to an error. A key is identified by its id and name, never by the
/// key itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Actor {
    /// Somebody with the admin key of the stack, which the stack was deployed or started with.
    Operator,
    /// Somebody with a key.
    Key {
        /// The key's id.
        id: KeyId,
        /// The name that the key had at the time.
        name: String,
    },
    /// A user who is signed in, or acts with a personal access token.
    User {
        /// The user's id.
        id: UserId,
        /// The name that the user had at the time.
        name: String,
    },
    /// A user of a connected service, through an incoming webhook.
    Hook {
        /// `github`, `gitlab` or `slack`.
        service: String,
        /// The user's name in that service, at most 200 bytes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user: Option<String>,
    },
    /// A user of the application, in feedback.
    Reporter {
        /// The name that the user gave, at most 200 bytes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
    },
    /// An occurrence of the error.
    Occurrence,
    /// The clock: the time of a mute was over.
    Clock,
}

impl Actor {
    /// Whether both are the same key or user, whatever its name was.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Key { id, .. }, Self::Key { id: other, .. }) => id == other,
            (Self::User { id, .. }, Self::User { id: other, .. }) => id == other,
            _ => self == other,
        }
    }
}

/// The name that people see.
impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operator => f.write_str("the stack's admin"),
            Self::Key { id, name } if name.is_empty() => write!(f, "key {id}"),
            Self::Key { name, .. } | Self::User { name, .. } => f.write_str(name),
            Self::Hook { service, user: Some(user) } => write!(f, "{user} ({service})"),
            Self::Hook { service, user: None } => f.write_str(service),
            Self::Reporter { name } => f.write_str(name.as_deref().unwrap_or("a user")),
            Self::Occurrence => f.write_str("an event"),
            Self::Clock => f.write_str("the clock"),
        }
    }
}

/// Something that can be done to an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "what", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Action {
    /// It was marked as resolved.
    Resolved {
        /// If it was resolved in the next release only: the newest release at that time, which the next one follows.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<String>,
    },
    /// It was reopened.
    Unresolved,
    /// It was muted. Without limits, it is muted until somebody changes its status.
    Muted {
        /// The mute ends at this time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
        /// The mute ends when the error has been seen this many times in total.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until_count: Option<u64>,
    },
    /// It came back after it was resolved (a regression).
    Regressed {
        /// The release in which it came back.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        release: Option<String>,
    },
    /// Its mute ended because one of the limits was reached.
    MuteEnded {
        /// The release of the occurrence that reached the limit. Missing if the time was over.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        release: Option<String>,
    },
    /// It was assigned to somebody.
    Assigned {
        /// The new assignee.
        assignee: String,
        /// The user who is the new assignee.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user: Option<UserId>,
    },
    /// Its assignee was removed.
    Unassigned,
    /// Somebody commented on it.
    Commented {
        /// The comment, unchanged: 1 to 10,000 bytes.
        text: String,
    },
    /// A comment was deleted.
    CommentDeleted,
    /// A user of the application sent feedback about an occurrence.
    FeedbackReceived {
        /// The event that the feedback itself is stored as: an occurrence of the project's error `User feedback`.
        event: EventId,
        /// The event that it is about.
        about: EventId,
        /// The email address that the user gave, at most 200 bytes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        email: Option<String>,
        /// What the user wrote, at most 10,000 bytes.
        text: String,
    },
    /// Other errors were merged into it.
    Merged {
        /// The fingerprints of the other errors.
        #[schemars(length(max = MergeFamily::MAX_INCARNATIONS))]
        errors: Vec<Fingerprint>,
    },
    /// Merged errors were taken out of it again.
    Unmerged {
        /// The fingerprints of the other errors.
        #[schemars(length(max = MergeFamily::MAX_INCARNATIONS))]
        errors: Vec<Fingerprint>,
    },
}

impl Action {
    /// Returns the actions of a change to `error`, which is given as it was before. Assigning the same person again is
    /// not an action.
    pub fn of(change: &ErrorChange, error: &ErrorAggregate) -> Vec<Self> {
        let status = change.status.clone().map(|status| match status {
            StatusChange::Unresolved => Self::Unresolved,
            StatusChange::Unmuted { .. } => Self::MuteEnded { release: None },
            StatusChange::Resolved(resolution) => Self::Resolved { after: resolution.map(|it| it.after) },
            StatusChange::Muted(Mute { until, until_count }) => Self::Muted { until, until_count },
        });
        let is_same =
            |assignee: &Option<String>| *assignee == error.assignee && change.assignee_user == error.assignee_user;
        let assignee = change.assignee.clone().filter(|assignee| !is_same(assignee));
        let assignee = assignee.map(|assignee| match assignee {
            Some(assignee) => Self::Assigned { assignee, user: change.assignee_user },
            None => Self::Unassigned,
        });
        status.into_iter().chain(assignee).collect()
    }
}

/// The id of a history entry: a ULID, so that ids are in the order of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId(Ulid);

/// The text is not an entry's id.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not the id of an entry: take one from the error's history")]
pub struct BadEntryId(String);

impl EntryId {
    /// The id of something that happened at `at`. `place` is its position among the things that happened at that
    /// moment. 64 of the `random` bits are used.
    pub fn new(at: Timestamp, place: u16, random: u128) -> Self {
        let random = random & u128::from(u64::MAX);
        Self(Ulid::from_parts(at.millis() as u64, u128::from(place) << 64 | random))
    }

    /// The time in the id, to the millisecond.
    pub fn time(&self) -> Timestamp {
        Timestamp::from_micros(i64::try_from(self.0.timestamp_ms()).unwrap_or(i64::MAX / 1_000).saturating_mul(1_000))
    }

    /// Parses the text form.
    pub fn parse(text: &str) -> Result<Self, BadEntryId> {
        text.parse()
    }
}

impl std::str::FromStr for EntryId {
    type Err = BadEntryId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ulid::from_string(text).map(Self).map_err(|_| BadEntryId(text.chars().take(80).collect()))
    }
}

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl JsonSchema for EntryId {
    fn schema_name() -> Cow<'static, str> {
        "EntryId".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^[0-7][0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{25}$",
            "examples": ["01KGZ3M5V00000000000000007"],
        })
    }
}

impl<'de> Deserialize<'de> for EntryId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

impl Serialize for EntryId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
