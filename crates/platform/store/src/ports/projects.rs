use async_trait::async_trait;
use model::id::{ProjectId, ProjectName};
use model::project::{Attachments, Limits, Origins, PostedConfigs, Repository, Retention, Tier, TimeUnit};
use model::time::Timestamp;
use scrub::Rules;

use super::Page;
use crate::error::Result;

#[async_trait]
pub trait Projects: Send + Sync {
    /// Creates a project with the next free number. Returns a [`Conflict`](crate::Kind::Conflict) if the name is in
    /// use.
    async fn create(&self, name: &ProjectName, now: Timestamp) -> Result<Project>;

    /// Returns the project that has this name, or had it before.
    async fn by_name(&self, name: &ProjectName) -> Result<Option<Project>>;

    async fn by_id(&self, id: ProjectId) -> Result<Option<Project>>;

    /// Returns at most `limit` projects, ordered by name, whose names follow `after`.
    async fn list(&self, after: Option<&ProjectName>, limit: usize) -> Result<Page<Project, ProjectName>>;

    /// Changes settings. Setting a limit clears the mark that says it was reached (see [`Quotas`](super::Quotas)); if
    /// it still is, the next batch sets the mark again. Returns a [`Conflict`](crate::Kind::Conflict) if the project is
    /// gone.
    async fn update(&self, project: &Project, change: &ProjectChange) -> Result<()>;

    /// Renames a project. It can still be [found](Self::by_name) by its former names, and no other project can take
    /// them. Returns a [`Conflict`](crate::Kind::Conflict) for a name that another project has or had, and
    /// [`Rejected`](crate::Kind::Rejected) if there would be more than [`MAX_FORMER_NAMES`]. Settings that are changed
    /// at the same time are not lost.
    async fn rename(&self, project: &Project, name: &ProjectName) -> Result<Project>;

    /// Marks a project as being deleted: nothing is stored in it any more.
    async fn mark_deleting(&self, project: &Project) -> Result<()>;

    /// Removes the project's names and number. Its contents must be gone before.
    async fn remove(&self, project: &Project) -> Result<()>;
}

/// The most former names that a project may have.
pub const MAX_FORMER_NAMES: usize = 20;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// The number. It is never given to another project.
    pub id: ProjectId,
    /// The name. After the project is deleted, another project may take it.
    pub name: ProjectName,
    /// Former names, oldest first.
    pub former_names: Vec<ProjectName>,
    pub created_at: Timestamp,
    pub deleting: bool,
    /// The project's additions to the default scrubbing rules, and exceptions from them.
    pub scrubbing: Rules,
    /// How many events are accepted.
    pub limits: Limits,
    /// How important the project is.
    pub tier: Tier,
    /// The unit of time in which occurrences are counted for thresholds.
    pub time_unit: TimeUnit,
    /// Who looks after the project. Free text that faultline only shows.
    pub owner: Option<String>,
    /// How long occurrences are kept; `None` for the retention of the stack.
    pub retention: Option<Retention>,
    /// The origins of web pages that may send events; `None` for all.
    pub allowed_origins: Option<Origins>,
    /// Which of the notification configs that clients post are used.
    pub posted_configs: PostedConfigs,
    /// Whether attachments of events are stored.
    pub attachments: Attachments,
    /// Where its source is.
    pub repository: Option<Repository>,
}

impl Project {
    /// A new project without settings.
    pub fn new(id: ProjectId, name: ProjectName, created_at: Timestamp) -> Self {
        Self {
            id,
            name,
            former_names: Vec::new(),
            created_at,
            deleting: false,
            scrubbing: Rules::default(),
            limits: Limits::default(),
            tier: Tier::default(),
            time_unit: TimeUnit::default(),
            owner: None,
            retention: None,
            allowed_origins: None,
            posted_configs: PostedConfigs::default(),
            attachments: Attachments::default(),
            repository: None,
        }
    }

    /// The current name, then the former ones, newest first. The project's sealed texts were sealed under one of them.
    pub fn names(&self) -> impl Iterator<Item = &ProjectName> {
        std::iter::once(&self.name).chain(self.former_names.iter().rev())
    }

    /// For how many days new occurrences are kept, if the retention of the stack is `stack` days.
    pub fn retention_days(&self, stack: u32) -> u32 {
        self.retention.map_or(stack, Retention::days)
    }
}

/// New values for a project's settings. `None` leaves a setting as it is; `Some(None)` clears an optional one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProjectChange {
    pub scrubbing: Option<Rules>,
    /// The number of events accepted per minute.
    pub per_minute: Option<Option<u64>>,
    /// The number of events accepted per month.
    pub per_month: Option<Option<u64>>,
    pub tier: Option<Tier>,
    pub time_unit: Option<TimeUnit>,
    pub owner: Option<Option<String>>,
    /// Applies to occurrences that are received from now on.
    pub retention: Option<Option<Retention>>,
    pub allowed_origins: Option<Option<Origins>>,
    pub posted_configs: Option<PostedConfigs>,
    pub attachments: Option<Attachments>,
    pub repository: Option<Option<Repository>>,
}

impl ProjectChange {
    /// Returns `project` with these values.
    pub fn applied_to(&self, project: Project) -> Project {
        let Self {
            scrubbing,
            per_minute,
            per_month,
            tier,
            time_unit,
            owner,
            retention,
            allowed_origins,
            posted_configs,
            attachments,
            repository,
        } = self.clone();
        Project {
            scrubbing: scrubbing.unwrap_or(project.scrubbing),
            limits: Limits {
                per_minute: per_minute.unwrap_or(project.limits.per_minute),
                per_month: per_month.unwrap_or(project.limits.per_month),
            },
            tier: tier.unwrap_or(project.tier),
            time_unit: time_unit.unwrap_or(project.time_unit),
            owner: owner.unwrap_or(project.owner),
            retention: retention.unwrap_or(project.retention),
            allowed_origins: allowed_origins.unwrap_or(project.allowed_origins),
            posted_configs: posted_configs.unwrap_or(project.posted_configs),
            attachments: attachments.unwrap_or(project.attachments),
            repository: repository.unwrap_or(project.repository),
            ..project
        }
    }
}
