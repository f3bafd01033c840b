//! The stack in one process.

mod engines;
mod mapping;
mod upkeep;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use digest::{Digest, Parts};
use domain::id::{Key, ProjectName};
use embedded::Engines;
use engines::Resources;
use gate::{Front, Gate, Outcomes};
use ingest::Ingest;
use query::Query;
use store::Kind;
use store::clock::{Clock, SystemClock};
use store::ports::{KeyRecord, Keys, Project, Projects, Role, Scope};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::access::{Access, ProjectAccess};

/// Where everything is kept.
#[derive(Clone, Debug)]
pub enum Place {
    /// In this process, until it ends.
    Memory,
    /// In a directory, which one process at a time may use.
    Directory(PathBuf),
}

/// How to run the system.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where everything is kept.
    pub place: Place,
    /// The admin key; made and kept if none is given.
    pub admin_key: Option<String>,
    /// For how many days occurrences are kept.
    pub retention_days: u32,
}

/// The running system.
pub struct System {
    front: Front,
    access: Access,
    sample: ProjectAccess,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

/// The project that is there from the start.
const SAMPLE: &str = "sample";

impl System {
    /// Opens the engines, makes what is not there yet, and starts digesting.
    pub async fn start(settings: Settings) -> anyhow::Result<Self> {
        let engines = match &settings.place {
            Place::Memory => Engines::memory()?,
            Place::Directory(dir) => Engines::open(dir)?,
        };
        let resources = Resources::make(&engines).await?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let (access, sample) = access(&settings, &resources, &*clock).await?;
        let operator = Key::parse(&access.admin_key).context("the admin key cannot be used")?.hash();

        let outcomes = Arc::new(Outcomes::default());
        let Resources { table, bucket, inbox, queue } = resources;
        let gate = || Gate::new(table.clone(), clock.clone(), Some(operator));
        let ingest =
            Ingest { gate: gate(), inbox, claims: bucket.clone(), clock: clock.clone(), outcomes: outcomes.clone() };
        let query = Query {
            gate: gate(),
            projects: table.clone(),
            keys: table.clone(),
            errors: table.clone(),
            occurrences: table.clone(),
            segments: bucket.clone(),
            clock: clock.clone(),
            outcomes: outcomes.clone(),
        };
        let digest = Digest::new(Parts {
            projects: table.clone(),
            digests: table,
            segments: bucket.clone(),
            claims: bucket,
            clock,
            retention_days: settings.retention_days,
        });

        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        tasks.spawn(mapping::run(queue, Arc::new(digest), stopped.clone()));
        tasks.spawn(upkeep::run(engines, settings.retention_days, stopped));
        let front = Front::new(ingest.router().merge(query.router()), outcomes);
        Ok(Self { front, access, sample, stop, tasks })
    }

    /// The routes of ingest and query, as API Gateway would offer them.
    pub fn front(&self) -> Front {
        self.front.clone()
    }

    /// The keys to get in with.
    pub fn access(&self) -> (&Access, &ProjectAccess) {
        (&self.access, &self.sample)
    }

    /// Digests what is in the inbox and stops. Requests must have been answered before.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        while self.tasks.join_next().await.is_some() {}
    }
}

/// Waits until the system is told to stop, or is gone.
async fn told(stopped: &mut watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

/// The keys of the place, made if it has none; and those of the sample project, made again if it was deleted.
async fn access(
    settings: &Settings,
    resources: &Resources,
    clock: &dyn Clock,
) -> anyhow::Result<(Access, ProjectAccess)> {
    let kept = match &settings.place {
        Place::Memory => None,
        Place::Directory(dir) => Access::read(dir)?,
    };
    let new = || Access { admin_key: Key::from_random(clock.random().to_be_bytes()).reveal().to_owned(), sample: None };
    let mut access = kept.unwrap_or_else(new);
    let sample = match access.sample.take() {
        Some(sample) if resources.table.by_id(sample.id).await?.is_some() => sample,
        _ => make_sample(resources, clock).await?,
    };
    access.sample = Some(sample.clone());
    if let Place::Directory(dir) = &settings.place {
        access.write(dir)?;
    }
    if let Some(key) = &settings.admin_key {
        // A key that is given is not kept: whoever gives it gives it each time.
        access.admin_key.clone_from(key);
    }
    Ok((access, sample))
}

async fn make_sample(resources: &Resources, clock: &dyn Clock) -> anyhow::Result<ProjectAccess> {
    let name = ProjectName::parse(SAMPLE)?;
    let project = match resources.table.create(&name, clock.now()).await {
        Err(error) if error.kind() == Kind::Conflict => resources.table.by_name(&name).await?,
        created => Some(created?),
    };
    let project: Project = project.context("the sample project comes and goes")?;
    let key = Key::from_random(clock.random().to_be_bytes());
    let record = KeyRecord {
        role: Role::Client,
        scope: Scope::Project(project.id, project.name.clone()),
        name: "made with the data directory".to_owned(),
        disabled: false,
        created_at: clock.now(),
    };
    resources.table.add(&key.hash(), &record).await?;
    Ok(ProjectAccess { id: project.id, name: project.name, client_key: key.reveal().to_owned() })
}
