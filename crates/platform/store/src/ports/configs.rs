use async_trait::async_trait;
use model::id::{ConfigId, ProjectId};
use model::sealed::Sealed;
use model::time::Timestamp;

use super::Project;
use crate::error::Result;

/// Notification settings of projects: their rules, and the configs that clients posted. All of them are stored sealed.
#[async_trait]
pub trait Configs: Send + Sync {
    /// Stores posted configs until `expires_at`. Configs with the same id have the same content.
    async fn put_posted(&self, project: ProjectId, id: ConfigId, sealed: &Sealed, expires_at: Timestamp) -> Result<()>;

    /// Returns the posted configs with this id, or `None` if they have expired.
    async fn posted(&self, project: ProjectId, id: ConfigId) -> Result<Option<Sealed>>;

    /// Returns the project's rules document, or `None` if it has none.
    async fn rules(&self, project: ProjectId) -> Result<Option<StoredRules>>;

    /// Replaces the document that was read at `version` (0 if there was none) and returns the new version. Returns a
    /// [`Conflict`](crate::Kind::Conflict) if somebody else replaced it in the meantime, or if the project is deleted
    /// or being deleted.
    async fn set_rules(&self, project: &Project, version: u64, document: &Sealed) -> Result<u64>;

    /// Returns the sealed secret that signs the marks in a project's issues. If there is none yet, `fresh` is stored
    /// and returned.
    async fn issue_key(&self, project: ProjectId, fresh: Option<&Sealed>) -> Result<Option<Sealed>>;

    /// Removes all settings of a project. The project must be marked as being deleted before, so that nothing is added.
    async fn remove_configs(&self, project: ProjectId) -> Result<()>;
}

/// The rules document of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRules {
    /// Starts at 1 and grows by one with each replacement.
    pub version: u64,
    pub document: Sealed,
}
