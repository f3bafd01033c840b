use async_trait::async_trait;
use domain::id::{ProjectId, ProjectName};
use domain::scrub::Rules;
use domain::time::Timestamp;

use super::Page;
use crate::error::Result;

/// The projects.
#[async_trait]
pub trait Projects: Send + Sync {
    /// Makes a project and gives it the next number. A name in use is a [`Conflict`](crate::Kind::Conflict).
    async fn create(&self, name: &ProjectName, now: Timestamp) -> Result<Project>;

    /// The project of this name.
    async fn by_name(&self, name: &ProjectName) -> Result<Option<Project>>;

    /// The project of this number.
    async fn by_id(&self, id: ProjectId) -> Result<Option<Project>>;

    /// At most `limit` projects whose names follow `after`.
    async fn list(&self, after: Option<&ProjectName>, limit: usize) -> Result<Page<Project, ProjectName>>;

    /// Sets what the project adds to, and takes from, what is scrubbed. A project that is gone is a
    /// [`Conflict`](crate::Kind::Conflict).
    async fn set_scrubbing(&self, project: &Project, rules: &Rules) -> Result<()>;

    /// Marks a project as being deleted: nothing is stored in it any more.
    async fn mark_deleting(&self, project: &Project) -> Result<()>;

    /// Removes the project's name and number. Its contents must be gone before.
    async fn remove(&self, project: &Project) -> Result<()>;
}

/// A project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Its number, never given to another.
    pub id: ProjectId,
    /// Its name, which may be given to another after it was deleted.
    pub name: ProjectName,
    /// When it was made.
    pub created_at: Timestamp,
    /// Whether it is being deleted.
    pub deleting: bool,
    /// What it adds to, and takes from, what is scrubbed.
    pub scrubbing: Rules,
}
