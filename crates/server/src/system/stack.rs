//! The resources and the functions on them, without background tasks.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::Context;
use embedded::Engines;
use embedded::sqs::Received;
use http_common::{Authenticator, Front, Outcomes, StageRun};
use ingest::{Ingest, IngestHealth, Limiter};
use model::cost::Capacity;
use model::error::history::Actor;
use model::id::{Key, ProjectName};
use model::user::{UserRole, UserRoles};
use notify::channels::{Channels, Notifier};
use notify::guard::{Client, Timeouts};
use notify::{Notify, Routes};
use processor::{Deadline, Delivery, Failure, Processor};
use query::Query;
use store::clock::Clock;
use store::ports::{Invitation, InvitationKind, Invitations, KeyRecord, KeyRing, Project, Projects, Role, Scope};
use store::{Kind, Stores};
use symbolicator::Symbolicator;
use symbols::Symbols;

use super::engines::{Resources, TABLE};
use super::room::WithRoom;
use super::stream::Stream;
use super::{DataLocation, SystemSettings, expiry};
use local_data::{Access, ProjectAccess};

/// The stack in one process, without background tasks: it answers requests, but processes messages only when it is
/// called to.
pub struct Stack {
    front: Front,
    outcomes: Arc<Outcomes>,
    processor: Arc<Processor>,
    notify: Arc<Notify>,
    inbox: embedded::sqs::Queue,
    place: DataLocation,
    engines: Engines,
    invitations: Arc<dyn Invitations>,
    clock: Arc<dyn Clock>,
    access: Access,
    sample: Option<ProjectAccess>,
    retention_days: u32,
}

/// How long a batch may take, including retries. Other batches wait for it.
const BATCH_TIME: Duration = Duration::from_secs(20);
/// How long a run of a stage may take before `GET /health` reports that it hangs. Runs end after 30 seconds by
/// themselves if their calls do, except for the removal of many expired objects.
const STAGE_LIMIT: Duration = Duration::from_secs(300);
/// How long the first owner's link is valid, in seconds: seven days, as every invitation.
const INVITED_SECONDS: i64 = 7 * 86_400;
/// Name of the project that exists from the start.
const SAMPLE: &str = "sample";

impl Stack {
    /// Opens the engines, and creates the resources that do not exist yet.
    pub async fn open(settings: &SystemSettings) -> anyhow::Result<Self> {
        let engines = match &settings.place {
            DataLocation::Memory => Engines::memory()?,
            DataLocation::Directory(dir) => Engines::open(dir)?,
        };
        let resources = Resources::make(&engines).await?;
        Self::on(engines, resources, settings).await
    }

    /// Creates the stack on open engines and their resources.
    pub async fn on(engines: Engines, resources: Resources, settings: &SystemSettings) -> anyhow::Result<Self> {
        let clock = settings.clock.clone();
        let (access, sample) = access(settings, &resources, &*clock).await?;
        let operator = Key::parse(&access.admin_key).context("the admin key is not valid")?.hash();

        let outcomes = Arc::new(Outcomes::default());
        let Resources { directory, table, bucket, sender, dead_letters, inbox, undelivered, sealer } = resources;
        let table = Arc::new(table.with_clock(clock.clone()));
        let directory = Arc::new(directory.with_clock(clock.clone()));
        let stores = Stores::new(&directory, &table, &bucket);
        // All functions share one cache of keys: a key that `query` removes from it is gone for all.
        let authenticator =
            Authenticator::new(stores.keys.clone(), stores.users.clone(), clock.clone(), Some(operator));
        let ingest = Ingest {
            authenticator: authenticator.clone(),
            inbox: WithRoom::new(sender.clone(), &settings.place),
            claims: WithRoom::new(stores.claim_checks.clone(), &settings.place),
            attachments: WithRoom::new(stores.attachments.clone(), &settings.place),
            limiter: Limiter::new(stores.quotas.clone()),
            projects: stores.projects.clone(),
            sealer: sealer.clone(),
            health: IngestHealth::new(stores.keys.clone(), WithRoom::new(sender.clone(), &settings.place)),
            clock: clock.clone(),
            outcomes: outcomes.clone(),
        };
        let query = Query {
            authenticator: Arc::new(authenticator.clone().noting(stores.key_uses.clone())),
            stores: stores.clone(),
            symbolicator: Symbolicator::new(&stores, clock.clone()),
            backlog: sender.clone(),
            dead_letters,
            undelivered: undelivered.clone(),
            clock: clock.clone(),
            outcomes: outcomes.clone(),
            retention_days: settings.retention_days,
            capacity: Capacity::default(),
        };
        let notify = Arc::new(Notify::new(notify::Parts {
            stores: stores.clone(),
            undelivered,
            sealer,
            channels: channels(settings),
            clock: clock.clone(),
            public_url: settings.public_url.clone(),
        }));
        let uploaders = authenticator.clone().noting(stores.key_uses.clone());
        let symbols = Symbols::new(uploaders, stores.clone(), clock.clone(), outcomes.clone());
        let routes = Routes {
            authenticator: Arc::new(authenticator),
            notify: notify.clone(),
            sessions: stores.sessions.clone(),
            outcomes: outcomes.clone(),
        };
        let invitations = stores.invitations.clone();
        let processor = Processor::new(stores, clock.clone(), settings.retention_days);
        let routes = ingest.router().merge(query.router()).merge(routes.router()).merge(symbols.router());
        let front = Front::new(routes, outcomes.clone());
        let (processor, place) = (Arc::new(processor), settings.place.clone());
        let retention_days = settings.retention_days;
        Ok(Self {
            front,
            outcomes,
            processor,
            notify,
            inbox,
            place,
            engines,
            invitations,
            clock,
            access,
            sample,
            retention_days,
        })
    }

    /// Returns the routes of ingest, query, notify and symbols, as API Gateway would serve them.
    pub fn front(&self) -> Front {
        self.front.clone()
    }

    /// Records whether a stage works, for `GET /health`.
    pub(super) fn note<T, E>(&self, stage: &'static str, done: &Result<T, E>) {
        match done {
            Ok(_) => self.outcomes.stages().worked(stage),
            Err(_) => self.outcomes.stages().failed(stage),
        }
    }

    /// Runs a stage once, and records for `GET /health` whether it works, and while it hangs.
    pub(super) async fn run_stage<T, E>(
        &self,
        stage: &'static str,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let run = self.begin(stage);
        let done = work.await;
        drop(run);
        self.note(stage, &done);
        done
    }

    /// Begins a run of a stage, for `GET /health`: a stage that hangs is reported, too.
    pub(super) fn begin(&self, stage: &'static str) -> StageRun<'_> {
        self.outcomes.stages().run(stage, STAGE_LIMIT)
    }

    /// Returns the admin key, and the keys of the sample project if it exists.
    pub fn access(&self) -> (&Access, Option<&ProjectAccess>) {
        (&self.access, self.sample.as_ref())
    }

    /// Creates a link that lets the first owner join, and returns its token.
    pub async fn invite_owner(&self) -> anyhow::Result<Key> {
        let (token, now) = (Key::from_random(self.clock.random().to_be_bytes()), self.clock.now());
        let roles = UserRoles { everywhere: Some(UserRole::Owner), ..UserRoles::default() };
        let kind = InvitationKind::Join { roles, note: "the first owner".to_owned() };
        let ends_at = now.plus_seconds(INVITED_SECONDS);
        let invitation = Invitation { kind, by: Actor::Operator, created_at: now, ends_at };
        self.invitations.invite(None, &token.hash(), &invitation).await?;
        Ok(token)
    }

    /// Returns the inbox, as Lambda's poller sees it.
    pub fn inbox(&self) -> &embedded::sqs::Queue {
        &self.inbox
    }

    /// Opens the table's stream, as Lambda's poller sees it.
    ///
    /// # Errors
    /// If the file with the position cannot be read.
    pub fn stream(&self) -> anyhow::Result<Stream> {
        let dir = match &self.place {
            DataLocation::Memory => None,
            DataLocation::Directory(dir) => Some(dir.as_path()),
        };
        Stream::open(self.engines.dynamo().stream(TABLE), dir)
    }

    /// Returns the function that sends notifications.
    pub fn notify(&self) -> &Notify {
        &self.notify
    }

    /// Returns the engines that store all data.
    pub fn engines(&self) -> &Engines {
        &self.engines
    }

    /// Removes data that has expired at `now`, as AWS does by itself: objects, and stream records older than a day.
    /// Items of the table expire by the clock of their engine, which is the system's.
    pub async fn expire(&self, now: SystemTime) -> Result<(), embedded::Error> {
        expiry::expire(&self.engines, self.retention_days, now).await
    }

    /// Processes a batch. Returns the ids of the messages that must be delivered again: those that the processor names,
    /// or all if it panicked.
    pub async fn process(&self, received: &mut [Received]) -> Vec<String> {
        let deliveries: Vec<_> = received
            .iter_mut()
            .map(|message| Delivery {
                id: message.message_id.clone(),
                text: std::mem::take(&mut message.body),
                is_repeated: message.receive_count > 1,
            })
            .collect();
        let processor = self.processor.clone();
        match tokio::spawn(async move { processor.process(&deliveries, Deadline::within(BATCH_TIME)).await }).await {
            Ok(failures) => failures.into_iter().map(|Failure { id, .. }| id).collect(),
            Err(error) => {
                tracing::error!(error.message = %error, batch.len = received.len(), "failed to process a batch: the processor panicked");
                received.iter().map(|message| message.message_id.clone()).collect()
            }
        }
    }
}

/// Returns the channels in the settings, or the real ones.
fn channels(settings: &SystemSettings) -> Arc<dyn Notifier> {
    let real = || {
        let client = Client::new(settings.destinations.clone(), Timeouts::default());
        Arc::new(Channels::new(client, settings.mailer.clone(), settings.clock.clone())) as Arc<dyn Notifier>
    };
    settings.channels.clone().unwrap_or_else(real)
}

/// Reads the keys of the data location. If there are none, it creates them and a sample project. A sample project that
/// was deleted is not created again: then `None` is returned for it.
async fn access(
    settings: &SystemSettings,
    resources: &Resources,
    clock: &dyn Clock,
) -> anyhow::Result<(Access, Option<ProjectAccess>)> {
    let kept = match &settings.place {
        DataLocation::Memory => None,
        DataLocation::Directory(dir) => Access::read(dir)?,
    };
    let new = || Access { admin_key: Key::from_random(clock.random().to_be_bytes()).reveal().to_owned(), sample: None };
    let mut access = kept.unwrap_or_else(new);
    let made = match access.sample.take() {
        Some(sample) => sample,
        None => make_sample(resources, clock).await?,
    };
    let project = resources.directory.by_id(made.id).await?.filter(|project| !project.deleting);
    let sample = project.map(|project| ProjectAccess { name: project.name, ..made.clone() });
    access.sample = Some(made);
    if let DataLocation::Directory(dir) = &settings.place {
        write_access(&access, dir)?;
    }
    if let Some(key) = &settings.admin_key {
        // A key from the settings is not saved: it must be set at each start.
        access.admin_key.clone_from(key);
    }
    Ok((access, sample))
}

/// Saves the keys in the data directory, readable by its owner only.
fn write_access(access: &Access, dir: &Path) -> anyhow::Result<()> {
    let path = dir.join(local_data::ACCESS_FILE);
    let bytes = serde_json::to_vec_pretty(access)?;
    embedded::replace_file(&path, &bytes).with_context(|| format!("cannot write {}", path.display()))
}

async fn make_sample(resources: &Resources, clock: &dyn Clock) -> anyhow::Result<ProjectAccess> {
    let name = ProjectName::parse(SAMPLE)?;
    let project = match resources.directory.create(&name, clock.now()).await {
        Err(error) if error.kind() == Kind::Conflict => resources.directory.by_name(&name).await?,
        created => Some(created?),
    };
    let project: Project = project.context("the sample project was deleted while it was opened")?;
    let key = Key::from_random(clock.random().to_be_bytes());
    let scope = Scope::Project(project.id, project.name.clone());
    let record = KeyRecord::new(&key, Role::Client, scope, "created with the data directory", clock.now());
    resources.directory.add(&key.hash(), &record).await?;
    Ok(ProjectAccess { id: project.id, name: project.name, client_key: key.reveal().to_owned() })
}
