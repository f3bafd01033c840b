use async_trait::async_trait;
use model::id::{Key, KeyHash, KeyId, ProjectId, ProjectName};
use model::time::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::Page;
use crate::error::Result;

/// The keys that callers show, known by their hashes only.
#[async_trait]
pub trait Keys: Send + Sync {
    /// The key of this hash. It may have expired: see [`KeyRecord::is_good`].
    async fn find(&self, hash: &KeyHash) -> Result<Option<KeyRecord>>;

    /// The same, by a consistent read: a key that was removed or disabled before is seen to be so.
    async fn find_consistently(&self, hash: &KeyHash) -> Result<Option<KeyRecord>>;
}

/// When keys were last used.
#[async_trait]
pub trait KeyUse: Send + Sync {
    /// Notes that the key was used at `at`. The first use of a day is kept, so that there is one write a day, and one
    /// small read for each call; what is earlier than the day that is kept changes nothing, nor does a key that is gone.
    async fn note_use(&self, id: KeyId, at: Timestamp) -> Result<()>;
}

/// The keys as those have them who give them out.
#[async_trait]
pub trait KeyRing: Send + Sync {
    /// Adds a key. A key that exists is a [`Conflict`](crate::Kind::Conflict).
    async fn add(&self, hash: &KeyHash, key: &KeyRecord) -> Result<()>;

    /// The same, in one transaction with a look at the key that makes it: if that one is not good any more, it is a
    /// [`Conflict`](crate::Kind::Conflict), too. So a key that was taken back makes no successor.
    async fn add_by(&self, maker: &Maker, hash: &KeyHash, key: &KeyRecord) -> Result<()>;

    /// The key of this id.
    async fn with_id(&self, id: KeyId) -> Result<Option<(KeyHash, KeyRecord)>>;

    /// At most `limit` keys that follow `after`, in the order of their ids: those of a project (not those of all that are
    /// good in it too), or each there is. Reads what it returns and one more.
    ///
    /// A project's keys are found by the index, which follows a moment later, and which keys of version 0.1 are not in
    /// until they are used or changed.
    async fn list(
        &self,
        of: Option<ProjectId>,
        after: Option<KeyId>,
        limit: usize,
    ) -> Result<Page<(KeyHash, KeyRecord), KeyId>>;

    /// Changes a key, and returns it as it is then; `None` if it is gone.
    async fn change(&self, hash: &KeyHash, change: &KeyChange) -> Result<Option<KeyRecord>>;

    /// Adds `new`, and lets the key of the hash `old` expire at `until`, in one transaction. An old key that is gone or
    /// expires already, a new one that exists, and a `maker` that is not good any more are a
    /// [`Conflict`](crate::Kind::Conflict).
    async fn rotate(
        &self,
        maker: Option<&Maker>,
        old: &KeyHash,
        until: Timestamp,
        hash: &KeyHash,
        new: &KeyRecord,
    ) -> Result<()>;

    /// Removes a key, if it is there.
    async fn remove(&self, hash: &KeyHash) -> Result<()>;
}

/// The key that makes another, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Maker {
    /// The hash of the key that makes another.
    pub key: KeyHash,
    /// The moment at which it has to be good.
    pub at: Timestamp,
}

/// What a key may do, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRecord {
    /// What it may do.
    pub role: Role,
    /// Where.
    pub scope: Scope,
    /// What its owner calls it.
    pub name: String,
    /// Its first characters, see [`Key::hint`].
    pub hint: Option<String>,
    /// Whether it is out of use.
    pub disabled: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was first used on the newest day on which it was.
    pub last_used: Option<Timestamp>,
    /// From when on it is good no more, since another took its place.
    pub expires_at: Option<Timestamp>,
}

impl KeyRecord {
    /// Of a new key.
    pub fn new(key: &Key, role: Role, scope: Scope, name: impl Into<String>, created_at: Timestamp) -> Self {
        let (name, hint) = (name.into(), key.hint().map(str::to_owned));
        Self { role, scope, name, hint, disabled: false, created_at, last_used: None, expires_at: None }
    }

    /// Whether it opens anything at `now`.
    pub fn is_good(&self, now: Timestamp) -> bool {
        !self.disabled && !self.has_expired(now)
    }

    /// Whether its time is over. DynamoDB removes it then, in its own time.
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }
}

/// New values for what may change of a key. Those that are `None` stay as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyChange {
    /// Whether it is out of use.
    pub disabled: Option<bool>,
    /// What its owner calls it.
    pub name: Option<String>,
    /// What its project is called now.
    pub project: Option<ProjectName>,
}

/// What the holder of a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Post events, nothing else.
    Client,
    /// Read errors and what belongs to them, change nothing.
    Read,
    /// Everything.
    Admin,
}

impl Role {
    /// From its word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Client, Self::Read, Self::Admin].into_iter().find(|role| role.as_str() == word)
    }

    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Read => "read",
            Self::Admin => "admin",
        }
    }
}

/// Where a key is good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// In every project, also those yet to come.
    All,
    /// In one.
    Project(ProjectId, ProjectName),
}
