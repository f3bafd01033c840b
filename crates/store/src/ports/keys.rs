use async_trait::async_trait;
use domain::id::{KeyHash, ProjectId, ProjectName};
use domain::time::Timestamp;

use super::Page;
use crate::error::Result;

/// The keys that callers show, known by their hashes only.
#[async_trait]
pub trait Keys: Send + Sync {
    /// The key of this hash.
    async fn find(&self, hash: &KeyHash) -> Result<Option<KeyRecord>>;

    /// Adds a key. A key that exists is a [`Conflict`](crate::Kind::Conflict).
    async fn add(&self, hash: &KeyHash, key: &KeyRecord) -> Result<()>;

    /// At most `limit` keys whose hashes follow `after`.
    async fn list(&self, after: Option<&KeyHash>, limit: usize) -> Result<Page<(KeyHash, KeyRecord), KeyHash>>;

    /// Removes a key, if it is there.
    async fn remove(&self, hash: &KeyHash) -> Result<()>;
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
    /// Whether it is out of use.
    pub disabled: bool,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What the holder of a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Post events, nothing else.
    Client,
    /// Everything.
    Admin,
}

impl Role {
    /// From its word.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "client" => Some(Self::Client),
            "admin" => Some(Self::Admin),
            _ => None,
        }
    }

    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
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
