use async_trait::async_trait;
use model::id::{ProjectId, ProjectName};
use model::project::{Limits, Origins, PostedConfigs, Retention, Tier, TimeUnit};
use model::time::Timestamp;
use scrub::Rules;

use super::Page;
use crate::error::Result;

/// The projects.
#[async_trait]
pub trait Projects: Send + Sync {
    /// Makes a project and gives it the next number. A name in use is a [`Conflict`](crate::Kind::Conflict).
    async fn create(&self, name: &ProjectName, now: Timestamp) -> Result<Project>;

    /// The project that has this name, or had it before.
    async fn by_name(&self, name: &ProjectName) -> Result<Option<Project>>;

    /// The project of this number.
    async fn by_id(&self, id: ProjectId) -> Result<Option<Project>>;

    /// At most `limit` projects whose names follow `after`.
    async fn list(&self, after: Option<&ProjectName>, limit: usize) -> Result<Page<Project, ProjectName>>;

    /// Changes settings. With a limit the mark goes that says it was reached (see [`Quotas`](super::Quotas)): if it still
    /// is, the next batch sets it again. A project that is gone is a [`Conflict`](crate::Kind::Conflict).
    async fn update(&self, project: &Project, change: &ProjectChange) -> Result<()>;

    /// Gives a project another name. Under its former names it is still [found](Self::by_name), and no other project gets
    /// them. A name that another project has or had is a [`Conflict`](crate::Kind::Conflict), more than
    /// [`MAX_FORMER_NAMES`] are [`Rejected`](crate::Kind::Rejected). What is changed at the same time is not lost.
    async fn rename(&self, project: &Project, name: &ProjectName) -> Result<Project>;

    /// Marks a project as being deleted: nothing is stored in it any more.
    async fn mark_deleting(&self, project: &Project) -> Result<()>;

    /// Removes the project's names and number. Its contents must be gone before.
    async fn remove(&self, project: &Project) -> Result<()>;
}

/// The most names that a project may have had before its present one.
pub const MAX_FORMER_NAMES: usize = 20;

/// A project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Its number, never given to another.
    pub id: ProjectId,
    /// Its name, which may be given to another after it was deleted.
    pub name: ProjectName,
    /// The names that it had before, the oldest first.
    pub former_names: Vec<ProjectName>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Whether it is being deleted.
    pub deleting: bool,
    /// What it adds to, and takes from, what is scrubbed.
    pub scrubbing: Rules,
    /// How many events of it are taken.
    pub limits: Limits,
    /// How much it matters.
    pub tier: Tier,
    /// What its occurrences are counted by for thresholds.
    pub time_unit: TimeUnit,
    /// Who looks after it, in words that faultline only shows.
    pub owner: Option<String>,
    /// For how long its occurrences are kept; `None` for as long as the stack says.
    pub retention: Option<Retention>,
    /// Whose pages may send to it; `None` for all.
    pub allowed_origins: Option<Origins>,
    /// Which of the notification configs that clients post are used.
    pub posted_configs: PostedConfigs,
}

impl Project {
    /// A new one, with nothing set.
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
        }
    }

    /// Its name, then its former ones, the newest first: what was sealed for it was sealed under one of them.
    pub fn names(&self) -> impl Iterator<Item = &ProjectName> {
        std::iter::once(&self.name).chain(self.former_names.iter().rev())
    }

    /// For how many days what it sends now is kept, where a stack keeps things for `stack` days.
    pub fn retention_days(&self, stack: u32) -> u32 {
        self.retention.map_or(stack, Retention::days)
    }
}

/// New values for settings of a project. Those that are `None` stay as they are; of those that can be without a value
/// (`Some(None)`) it is taken away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProjectChange {
    /// What is scrubbed.
    pub scrubbing: Option<Rules>,
    /// How many events of a minute are taken.
    pub per_minute: Option<Option<u64>>,
    /// How many events of a month are taken.
    pub per_month: Option<Option<u64>>,
    /// How much it matters.
    pub tier: Option<Tier>,
    /// What its occurrences are counted by for thresholds.
    pub time_unit: Option<TimeUnit>,
    /// Who looks after it.
    pub owner: Option<Option<String>>,
    /// For how long occurrences are kept that come from now on.
    pub retention: Option<Option<Retention>>,
    /// Whose pages may send.
    pub allowed_origins: Option<Option<Origins>>,
    /// Which posted configs are used.
    pub posted_configs: Option<PostedConfigs>,
}

impl ProjectChange {
    /// `project` as it is with these values.
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
            ..project
        }
    }
}
