use async_trait::async_trait;
use model::announced::AnnouncedRelease;
use model::id::ProjectId;
use model::time::Timestamp;

use crate::error::Result;

/// Releases as build tools announced them.
#[async_trait]
pub trait AnnouncedReleases: Send + Sync {
    /// Returns a release and its version. A consistent read.
    async fn announced(&self, project: ProjectId, name: &str) -> Result<Option<(AnnouncedRelease, u64)>>;

    /// Returns those releases that were announced, in any order.
    async fn announced_of(&self, project: ProjectId, names: &[&str]) -> Result<Vec<AnnouncedRelease>>;

    /// Returns the newest `limit` releases, newest first.
    async fn newest_announced(&self, project: ProjectId, limit: usize) -> Result<Vec<AnnouncedRelease>>;

    /// Stores a release until `expires_at`. Returns a [`Conflict`](crate::Kind::Conflict) if it is not at this version any
    /// more; `None` for a new one.
    async fn put_announced(
        &self,
        project: ProjectId,
        release: &AnnouncedRelease,
        version: Option<u64>,
        expires_at: Timestamp,
    ) -> Result<()>;

    async fn remove_announced(&self, project: ProjectId, name: &str) -> Result<()>;

    /// Removes at most 1,000 releases of a project. Returns whether there may be more.
    async fn remove_some_announced(&self, project: ProjectId) -> Result<bool>;
}
