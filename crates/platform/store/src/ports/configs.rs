use async_trait::async_trait;
use model::id::{ConfigId, ProjectId};
use model::sealed::Sealed;
use model::time::Timestamp;

use super::Project;
use crate::error::Result;

/// Whom a project's errors are told to: its own rules, and the configs that clients posted. All of it is sealed.
#[async_trait]
pub trait Configs: Send + Sync {
    /// Keeps posted configs until `expires_at`; ones of the same id are the same.
    async fn put_posted(&self, project: ProjectId, id: ConfigId, sealed: &Sealed, expires_at: Timestamp) -> Result<()>;

    /// The posted configs of this id; `None` if they have expired.
    async fn posted(&self, project: ProjectId, id: ConfigId) -> Result<Option<Sealed>>;

    /// The document of the project's rules; `None` if it has none.
    async fn rules(&self, project: ProjectId) -> Result<Option<StoredRules>>;

    /// Replaces the document that was read as `version` (0 if there was none) and returns the new version. If somebody
    /// else replaced it meanwhile, or the project is gone or going, it is a [`Conflict`](crate::Kind::Conflict).
    async fn set_rules(&self, project: &Project, version: u64, document: &Sealed) -> Result<u64>;

    /// The sealed secret that a project's issues are marked by; `fresh` becomes it if there is none yet.
    async fn issue_key(&self, project: ProjectId, fresh: Option<&Sealed>) -> Result<Option<Sealed>>;

    /// Removes all of it. The project must be marked as being deleted before, so that nothing is added.
    async fn remove_configs(&self, project: ProjectId) -> Result<()>;
}

/// The document of a project's rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRules {
    /// Counts the times that it was replaced, from 1.
    pub version: u64,
    /// The document.
    pub document: Sealed,
}
