use std::collections::HashMap;

use async_trait::async_trait;
use model::id::{Key, KeyHash, KeyId, ProjectId, ProjectName, UserId};
use model::time::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::Page;
use crate::error::Result;

/// API keys that callers present. Only their hashes are stored.
#[async_trait]
pub trait Keys: Send + Sync {
    /// Returns the key with this hash. It may have expired or be disabled: see [`KeyRecord::is_good`].
    async fn find(&self, hash: &KeyHash) -> Result<Option<KeyRecord>>;

    /// Like [`find`](Self::find), but with a consistent read: sees every removal and change that completed before.
    async fn find_consistently(&self, hash: &KeyHash) -> Result<Option<KeyRecord>>;
}

/// When keys were last used. This is not stored with the keys: the processor, which reads hostile events, must not be
/// able to write keys.
#[async_trait]
pub trait KeyUse: Send + Sync {
    /// Records that the key was used at `at`. Only the first use of a day is stored; a time before the stored day changes
    /// nothing. Each call is charged as a write, so callers remember what they have recorded.
    async fn note_use(&self, id: KeyId, at: Timestamp) -> Result<()>;

    /// Returns for each of these keys its first use on the last day that it was used, if it was used in the last 400
    /// days. A stale read.
    async fn last_uses(&self, ids: &[KeyId]) -> Result<HashMap<KeyId, Timestamp>>;

    /// Removes the record of a key that is removed.
    async fn forget_use(&self, id: KeyId) -> Result<()>;
}

/// Key management: create, list, change, rotate and delete keys.
#[async_trait]
pub trait KeyRing: Send + Sync {
    /// Adds a key. Returns a [`Conflict`](crate::Kind::Conflict) if it exists already.
    async fn add(&self, hash: &KeyHash, key: &KeyRecord) -> Result<()>;

    /// Like [`add`](Self::add), and checks in the same transaction that its creator is still valid; otherwise it is a
    /// [`Conflict`](crate::Kind::Conflict), too. So a revoked key cannot create a successor.
    async fn add_by(&self, maker: &Maker, hash: &KeyHash, key: &KeyRecord) -> Result<()>;

    async fn with_id(&self, id: KeyId) -> Result<Option<(KeyHash, KeyRecord)>>;

    /// Returns at most `limit` keys that follow `after`, ordered by id. With a project: only the keys of that project,
    /// not those that are valid in all projects. Without: all keys. Reads one key more than it returns.
    ///
    /// The keys of a project are found by the index, which is eventually consistent.
    async fn list(
        &self,
        of: Option<ProjectId>,
        after: Option<KeyId>,
        limit: usize,
    ) -> Result<Page<(KeyHash, KeyRecord), KeyId>>;

    /// Changes a key and returns its new state, or `None` if it is gone.
    async fn change(&self, hash: &KeyHash, change: &KeyChange) -> Result<Option<KeyRecord>>;

    /// Adds `new` and lets the key with the hash `old` expire at `until`, in one transaction. Returns a
    /// [`Conflict`](crate::Kind::Conflict) if the old key is gone or already expires, if the new key exists, or if
    /// `maker` is not valid any more.
    async fn rotate(
        &self,
        maker: Option<&Maker>,
        old: &KeyHash,
        until: Timestamp,
        hash: &KeyHash,
        new: &KeyRecord,
    ) -> Result<()>;

    /// Removes a key if it exists.
    async fn remove(&self, hash: &KeyHash) -> Result<()>;
}

/// Who creates a key or an invitation, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Maker {
    pub by: MakerName,
    /// The time at which the creator must be valid.
    pub at: Timestamp,
}

/// The creator of a key or an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MakerName {
    /// The holder of the key with this hash.
    Key(KeyHash),
    /// A user.
    User {
        /// The user.
        id: UserId,
        /// The revision with which the user's roles were checked.
        revision: u64,
        /// The token that the user acts with, if it is not a session.
        token: Option<KeyHash>,
    },
}

/// A stored key: what it allows, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRecord {
    pub role: Role,
    pub scope: Scope,
    /// A name that its owner chose.
    pub name: String,
    /// The first characters of the key, see [`Key::hint`].
    pub hint: Option<String>,
    pub disabled: bool,
    pub created_at: Timestamp,
    /// When it stops being valid because another key replaced it. `None`: it does not expire.
    pub expires_at: Option<Timestamp>,
}

impl KeyRecord {
    /// The record of a new key.
    pub fn new(key: &Key, role: Role, scope: Scope, name: impl Into<String>, created_at: Timestamp) -> Self {
        let (name, hint) = (name.into(), key.hint().map(str::to_owned));
        Self { role, scope, name, hint, disabled: false, created_at, expires_at: None }
    }

    /// Whether the key is valid at `now`: neither disabled nor expired.
    pub fn is_good(&self, now: Timestamp) -> bool {
        !self.disabled && !self.has_expired(now)
    }

    /// Whether the key has expired. DynamoDB removes expired items only some time later.
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }
}

/// New values for the attributes of a key. `None` leaves an attribute as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyChange {
    pub disabled: Option<bool>,
    pub name: Option<String>,
    /// The new name of its project.
    pub project: Option<ProjectName>,
}

/// The permissions of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Post events, nothing else.
    Client,
    /// Read errors and everything that belongs to them. No changes.
    Read,
    /// Upload source maps of one project, nothing else.
    Upload,
    /// Read, and work on errors: resolve, mute, assign, merge and comment. No settings, keys or rules.
    Member,
    /// Everything, including changes and other keys.
    Admin,
}

impl Role {
    /// Parses the word for a role.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Client, Self::Read, Self::Upload, Self::Member, Self::Admin]
            .into_iter()
            .find(|role| role.as_str() == word)
    }

    /// The word for this role.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Read => "read",
            Self::Upload => "upload",
            Self::Member => "member",
            Self::Admin => "admin",
        }
    }
}

/// The projects in which a key is valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All projects, including future ones.
    All,
    Project(ProjectId, ProjectName),
}
