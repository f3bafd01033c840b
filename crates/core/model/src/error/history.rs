//! What happened to an error besides its occurrences: who did what, and when.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use ulid::Ulid;

use super::{ErrorAggregate, ErrorChange, MergeFamily, Mute, StatusChange};
use crate::id::{Fingerprint, KeyId};
use crate::time::{SECONDS_PER_DAY, Timestamp};

/// The longest comment, in bytes.
pub const MAX_COMMENT: usize = 10_000;
/// How long an entry is kept at least, in days. An error may live longer, as long as it is seen.
pub const KEPT_DAYS: i64 = 800;

/// One thing that happened to an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryEntry {
    /// Its name, which has the time; the order of a history is that of the names.
    pub id: EntryId,
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub by: Actor,
    /// What.
    pub action: Action,
}

impl HistoryEntry {
    /// The entries for what `by` does at one moment, in this order; 64 of the `random` bits are used.
    pub fn all(actions: Vec<Action>, by: &Actor, at: Timestamp, random: u128) -> Vec<Self> {
        let entry = |(place, action)| Self { id: EntryId::new(at, place, random), at, by: by.clone(), action };
        (0..).zip(actions).map(entry).collect()
    }

    /// When it may be removed.
    pub fn expires_at(&self) -> Timestamp {
        self.at.plus_seconds(KEPT_DAYS * SECONDS_PER_DAY)
    }
}

/// Whoever did something to an error. A key is named, never shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Actor {
    /// Who has the operator's own key.
    Operator,
    /// Who showed a key.
    Key {
        /// The key's id.
        id: KeyId,
        /// What it was called then.
        name: String,
    },
    /// Somebody at a service that calls back, by its hook.
    Hook {
        /// `github`, `gitlab` or `slack`.
        service: String,
        /// What the service calls them, at most 200 bytes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user: Option<String>,
    },
    /// An occurrence of the error.
    Occurrence,
    /// The clock: a mute's time was over.
    Clock,
}

/// As people read it.
impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operator => f.write_str("operator"),
            Self::Key { id, name } if name.is_empty() => write!(f, "key {id}"),
            Self::Key { name, .. } => f.write_str(name),
            Self::Hook { service, user: Some(user) } => write!(f, "{user} ({service})"),
            Self::Hook { service, user: None } => f.write_str(service),
            Self::Occurrence => f.write_str("an event"),
            Self::Clock => f.write_str("the clock"),
        }
    }
}

/// What can be done to an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "what", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Action {
    /// It was said to be mended.
    Resolved {
        /// The release that the next follows, if it is only from the next release on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<String>,
    },
    /// It was said to matter.
    Unresolved,
    /// It was silenced; without limits for ever.
    Muted {
        /// Until this moment.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
        /// Until it was seen this often.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until_count: Option<u64>,
    },
    /// It came back after it was resolved.
    Regressed {
        /// The release in which it did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        release: Option<String>,
    },
    /// A limit of its mute was reached.
    MuteEnded {
        /// The release of the occurrence that reached it; none if its time was over.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        release: Option<String>,
    },
    /// Somebody is to look after it.
    Assigned {
        /// Who.
        assignee: String,
    },
    /// Nobody is to look after it any more.
    Unassigned,
    /// Somebody said something about it.
    Commented {
        /// What: 1 to 10,000 bytes, as they were given.
        text: String,
    },
    /// A comment was taken away.
    CommentDeleted,
    /// Others were merged into it.
    Merged {
        /// Which, by their fingerprints.
        #[schemars(length(max = MergeFamily::MAX_INCARNATIONS))]
        errors: Vec<Fingerprint>,
    },
    /// Others were taken out of it again.
    Unmerged {
        /// Which, by their fingerprints.
        #[schemars(length(max = MergeFamily::MAX_INCARNATIONS))]
        errors: Vec<Fingerprint>,
    },
}

impl Action {
    /// What a change does to `error`, as it was before: an assignee that is the same is nothing.
    pub fn of(change: &ErrorChange, error: &ErrorAggregate) -> Vec<Self> {
        let status = change.status.clone().map(|status| match status {
            StatusChange::Unresolved => Self::Unresolved,
            StatusChange::Unmuted { .. } => Self::MuteEnded { release: None },
            StatusChange::Resolved(resolution) => Self::Resolved { after: resolution.map(|it| it.after) },
            StatusChange::Muted(Mute { until, until_count }) => Self::Muted { until, until_count },
        });
        let assignee = change.assignee.clone().filter(|assignee| *assignee != error.assignee);
        let assignee = assignee.map(|assignee| match assignee {
            Some(assignee) => Self::Assigned { assignee },
            None => Self::Unassigned,
        });
        status.into_iter().chain(assignee).collect()
    }
}

/// Names an entry: a ULID, so that entries are in the order of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId(Ulid);

/// The text is not an entry's id.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not the id of an entry: take one from the error's history")]
pub struct BadEntryId(String);

impl EntryId {
    /// Of what happened at `at`, at this place among what happened at once; 64 of the `random` bits are used.
    pub fn new(at: Timestamp, place: u16, random: u128) -> Self {
        let random = random & u128::from(u64::MAX);
        Self(Ulid::from_parts(at.millis() as u64, u128::from(place) << 64 | random))
    }

    /// From the text form.
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

impl Serialize for EntryId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
