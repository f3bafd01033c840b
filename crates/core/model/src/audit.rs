//! The audit log of the installation: who did what, from where, and what it changed.

use std::fmt;
use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::history::{Actor, EntryId};
use crate::id::ProjectName;
use crate::time::{SECONDS_PER_DAY, Timestamp};

/// Number of days that an entry is kept.
pub const AUDIT_KEPT_DAYS: i64 = 400;
/// Maximum number of changes in an entry.
pub const MAX_AUDIT_CHANGES: usize = 50;
/// Maximum size of the values of an entry, in bytes of JSON. Larger ones are left out.
const MAX_VALUE_BYTES: usize = 2_000;

/// One entry of the audit log. It has no secret: neither keys nor tokens, nor the values of rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    /// The id, which contains the time. The log is ordered by the ids of its entries.
    pub id: EntryId,
    pub at: Timestamp,
    pub by: Actor,
    /// The IP address that the request came from, if it is known.
    pub address: Option<String>,
    #[serde(flatten)]
    pub event: AuditEvent,
}

/// What was done, to what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditEvent {
    pub what: AuditAction,
    /// The project that it concerns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<ProjectName>,
    /// The id of the key, user, token or invitation, or the fingerprint of the error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The name that the subject had at the time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The fields that changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = MAX_AUDIT_CHANGES))]
    pub changes: Vec<AuditChange>,
}

/// A field that changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditChange {
    /// The name of the field, as in the API.
    pub field: String,
    /// The value before; null if there was none. A text in its place says so if the value is too long.
    pub before: Value,
    /// The value after; null if there is none.
    pub after: Value,
}

/// Something that the audit log records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuditAction {
    SignedIn,
    SignedOut,
    SessionsEnded,
    KeyCreated,
    KeyChanged,
    KeyRotated,
    KeyDeleted,
    UserJoined,
    UserChanged,
    UserDeleted,
    SignInKeyCreated,
    SignInLinkCreated,
    TokenCreated,
    TokenDeleted,
    InvitationCreated,
    InvitationWithdrawn,
    ProjectCreated,
    ProjectChanged,
    ProjectDeleted,
    RulesChanged,
    ErrorDeleted,
    SourceMapsDeleted,
    DeadLettersRedriven,
    DeadNoticesRedriven,
}

impl AuditAction {
    /// All actions, in the order of their subjects.
    pub const ALL: [Self; 24] = [
        Self::SignedIn,
        Self::SignedOut,
        Self::SessionsEnded,
        Self::KeyCreated,
        Self::KeyChanged,
        Self::KeyRotated,
        Self::KeyDeleted,
        Self::UserJoined,
        Self::UserChanged,
        Self::UserDeleted,
        Self::SignInKeyCreated,
        Self::SignInLinkCreated,
        Self::TokenCreated,
        Self::TokenDeleted,
        Self::InvitationCreated,
        Self::InvitationWithdrawn,
        Self::ProjectCreated,
        Self::ProjectChanged,
        Self::ProjectDeleted,
        Self::RulesChanged,
        Self::ErrorDeleted,
        Self::SourceMapsDeleted,
        Self::DeadLettersRedriven,
        Self::DeadNoticesRedriven,
    ];

    /// Parses the word for an action.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == word)
    }

    /// The word for this action, as in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignedIn => "signed_in",
            Self::SignedOut => "signed_out",
            Self::SessionsEnded => "sessions_ended",
            Self::KeyCreated => "key_created",
            Self::KeyChanged => "key_changed",
            Self::KeyRotated => "key_rotated",
            Self::KeyDeleted => "key_deleted",
            Self::UserJoined => "user_joined",
            Self::UserChanged => "user_changed",
            Self::UserDeleted => "user_deleted",
            Self::SignInKeyCreated => "sign_in_key_created",
            Self::SignInLinkCreated => "sign_in_link_created",
            Self::TokenCreated => "token_created",
            Self::TokenDeleted => "token_deleted",
            Self::InvitationCreated => "invitation_created",
            Self::InvitationWithdrawn => "invitation_withdrawn",
            Self::ProjectCreated => "project_created",
            Self::ProjectChanged => "project_changed",
            Self::ProjectDeleted => "project_deleted",
            Self::RulesChanged => "rules_changed",
            Self::ErrorDeleted => "error_deleted",
            Self::SourceMapsDeleted => "source_maps_deleted",
            Self::DeadLettersRedriven => "dead_letters_redriven",
            Self::DeadNoticesRedriven => "dead_notices_redriven",
        }
    }
}

impl fmt::Display for AuditAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl AuditEvent {
    /// An event without details.
    pub fn new(what: AuditAction) -> Self {
        Self { what, project: None, subject: None, name: None, changes: Vec::new() }
    }

    /// Adds the project.
    #[must_use]
    pub fn in_project(self, project: &ProjectName) -> Self {
        Self { project: Some(project.clone()), ..self }
    }

    /// Adds the project, if there is one.
    #[must_use]
    pub fn in_project_if_any(self, project: Option<&ProjectName>) -> Self {
        Self { project: project.cloned(), ..self }
    }

    /// Adds the subject.
    #[must_use]
    pub fn of(self, subject: impl fmt::Display) -> Self {
        Self { subject: Some(subject.to_string()), ..self }
    }

    /// Adds the name of the subject.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    /// Adds the fields in which two views of the subject differ, as the API shows them. `null` stands for a subject that
    /// does not exist.
    #[must_use]
    pub fn changing(self, before: &impl Serialize, after: &impl Serialize) -> Self {
        let fields = |view: serde_json::Result<Value>| match view {
            Ok(Value::Object(fields)) => fields,
            _ => Map::new(),
        };
        let changes = differences(&fields(serde_json::to_value(before)), &fields(serde_json::to_value(after)));
        Self { changes, ..self }
    }
}

impl AuditEntry {
    /// The entry of an event at `at`. Uses 64 of the `random` bits.
    pub fn new(event: AuditEvent, by: Actor, address: Option<IpAddr>, at: Timestamp, random: u128) -> Self {
        Self { id: EntryId::new(at, 0, random), at, by, address: address.map(|address| address.to_string()), event }
    }

    /// When the entry may be removed.
    pub fn expires_at(&self) -> Timestamp {
        self.at.plus_seconds(AUDIT_KEPT_DAYS * SECONDS_PER_DAY)
    }
}

/// Returns the fields that differ, in the order of their names.
fn differences(before: &Map<String, Value>, after: &Map<String, Value>) -> Vec<AuditChange> {
    let mut names: Vec<_> = before.keys().chain(after.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let change = |name: &String| {
        let value = |fields: &Map<String, Value>| fields.get(name).cloned().unwrap_or(Value::Null);
        let (before, after) = (value(before), value(after));
        (before != after).then(|| AuditChange { field: name.clone(), before: shorten(before), after: shorten(after) })
    };
    names.into_iter().filter_map(change).take(MAX_AUDIT_CHANGES).collect()
}

fn shorten(value: Value) -> Value {
    if value.to_string().len() <= MAX_VALUE_BYTES { value } else { "(too long to be kept)".into() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_differs_is_kept() {
        let (before, after) = (json!({ "a": 1, "b": [1], "gone": true }), json!({ "a": 1, "b": [2], "new": "x" }));
        let event = AuditEvent::new(AuditAction::ProjectChanged).changing(&before, &after);
        let changes: Vec<_> =
            event.changes.iter().map(|change| (change.field.as_str(), &change.before, &change.after)).collect();
        assert_eq!(
            changes,
            [("b", &json!([1]), &json!([2])), ("gone", &json!(true), &json!(null)), ("new", &json!(null), &json!("x"))]
        );
        let made = AuditEvent::new(AuditAction::KeyCreated).changing(&Value::Null, &after);
        assert_eq!(made.changes.len(), 3);
    }

    #[test]
    fn an_entry_is_bounded() {
        let long = json!({ "text": "x".repeat(MAX_VALUE_BYTES + 1) });
        let event = AuditEvent::new(AuditAction::ProjectChanged).changing(&Value::Null, &long);
        assert_eq!(event.changes[0].after, "(too long to be kept)");
        let many: Map<_, _> = (0..200).map(|number| (format!("f{number}"), json!(1))).collect();
        let event = AuditEvent::new(AuditAction::ProjectChanged).changing(&Value::Null, &Value::Object(many));
        assert_eq!(event.changes.len(), MAX_AUDIT_CHANGES);
    }

    #[test]
    fn every_action_has_a_word_of_its_own() {
        for action in AuditAction::ALL {
            assert_eq!(AuditAction::parse(action.as_str()), Some(action));
            assert_eq!(serde_json::to_value(action).unwrap(), action.as_str());
        }
    }
}
