#![doc = include_str!("../README.md")]

mod address;
mod claims;
mod commit;
mod configs;
mod deadline;
mod directory;
mod group;
mod index;
mod known;
mod normalise;
mod open;
mod prepare;
mod reason;
mod releases;
mod stored;
mod totals;
mod usage;
mod used;

use std::collections::hash_map::Entry::{Occupied, Vacant};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use address::{Addressed, Addresses};
use configs::Kept;
pub use deadline::Deadline;
use group::{Groups, Settings};
use known::Known;
use model::id::{EventId, ProjectId};
use reason::Reason;
use releases::Met;
use store::clock::Clock;
use store::ports::SearchIndex;
use store::ports::{
    ClaimChecks, Configs, ErrorCommits, EventIndex, Failures, KeyUse, Projects, Releases, Segments, Totals, Usage,
};
use stored::Stored;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::Instant;
use used::{Noted, Used};

/// What the processor needs.
pub struct Processor {
    projects: Arc<dyn Projects>,
    error_commits: Arc<dyn ErrorCommits>,
    index: Arc<dyn SearchIndex>,
    configs: Arc<dyn Configs>,
    segments: Arc<dyn Segments>,
    directory: Arc<dyn EventIndex>,
    claims: Arc<dyn ClaimChecks>,
    usage: Arc<dyn Usage>,
    releases: Arc<dyn Releases>,
    totals: Arc<dyn Totals>,
    keys: Arc<dyn KeyUse>,
    failures: Arc<dyn Failures>,
    clock: Arc<dyn Clock>,
    retention_days: u32,
    addresses: Addresses,
    kept: Kept,
    known: Known,
    noted: Noted,
    met: Met,
    /// Whoever commits has it: batches of one process that write the same errors would be refused, and begin anew.
    commits: Mutex<()>,
}

/// The ports of a [`Processor`], and its settings.
pub struct Parts {
    /// The projects.
    pub projects: Arc<dyn Projects>,
    /// The aggregates.
    pub error_commits: Arc<dyn ErrorCommits>,
    /// By what errors are found.
    pub index: Arc<dyn SearchIndex>,
    /// The notification configs that clients post.
    pub configs: Arc<dyn Configs>,
    /// Where occurrences rest.
    pub segments: Arc<dyn Segments>,
    /// Where events are, by their ids.
    pub directory: Arc<dyn EventIndex>,
    /// Where messages rest that are too large for the queue.
    pub claims: Arc<dyn ClaimChecks>,
    /// What is counted against the limits of projects.
    pub usage: Arc<dyn Usage>,
    /// The releases of projects.
    pub releases: Arc<dyn Releases>,
    /// How many events all errors together had when.
    pub totals: Arc<dyn Totals>,
    /// Where it is noted when keys are used.
    pub keys: Arc<dyn KeyUse>,
    /// Why messages could not be processed.
    pub failures: Arc<dyn Failures>,
    /// The time and randomness.
    pub clock: Arc<dyn Clock>,
    /// For how many days occurrences and their aggregates are kept, of projects that do not say so themselves.
    pub retention_days: u32,
}

/// A message as the queue delivers it.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The queue's id of the message.
    pub id: String,
    /// Its text.
    pub text: String,
}

/// A message that could not be processed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The queue's id of the message.
    pub id: String,
    /// Why.
    pub reason: String,
}

/// How many messages are worked on without letting others have the thread.
const STRETCH: usize = 32;

impl Processor {
    /// With these parts.
    pub fn new(parts: Parts) -> Self {
        Self {
            projects: parts.projects,
            error_commits: parts.error_commits,
            index: parts.index,
            configs: parts.configs,
            segments: parts.segments,
            directory: parts.directory,
            claims: parts.claims,
            usage: parts.usage,
            releases: parts.releases,
            totals: parts.totals,
            keys: parts.keys,
            failures: parts.failures,
            clock: parts.clock,
            retention_days: parts.retention_days,
            addresses: Addresses::default(),
            kept: Kept::default(),
            known: Known::default(),
            noted: Noted::default(),
            met: Met::default(),
            commits: Mutex::default(),
        }
    }

    /// Processes a batch until `deadline`, and names the messages that must be delivered again. Whatever is not named is
    /// stored, listed and counted, once, however often it is delivered.
    ///
    /// Of two batches at once, one is read while the other is committed.
    pub async fn process(&self, deliveries: &[Delivery], mut deadline: Deadline) -> Vec<Failure> {
        let mut batch = Batch::default();
        // The other half is for committing: a batch that is slow to open must not come back whole each time.
        let mut opening = deadline.half();
        for (source, delivery) in deliveries.iter().enumerate() {
            let taken = opening.bounds(self.take_in(&mut batch, source, &delivery.text)).await;
            if let Err(reason) = taken.and_then(|taken| taken) {
                batch.fail(source, reason);
            }
            if batch.groups.is_full() {
                self.commit_groups(&mut batch, &mut deadline).await;
                opening = deadline.half();
            }
            if source % STRETCH == STRETCH - 1 {
                tokio::task::yield_now().await;
            }
        }
        self.commit_groups(&mut batch, &mut deadline).await;
        let Stored { received, happened } = std::mem::take(&mut batch.stored);
        self.count_usage(received, deadline).await;
        self.count_totals(happened, deadline).await;
        self.note_used(std::mem::take(&mut batch.used), deadline).await;
        batch.fail_repeated();
        self.remove_claims(&mut batch, deadline).await;
        let failed = batch.failed.into_iter().map(|(source, reason)| (failure(&deliveries[source], &reason), reason));
        let failed: Vec<_> = failed.collect();
        self.note_failed(&failed, deadline).await;
        failed.into_iter().map(|(failure, _)| failure).collect()
    }

    /// Waits until no other batch of this process commits. How long that takes is not the batch's time.
    async fn turn(&self, deadline: &mut Deadline) -> MutexGuard<'_, ()> {
        let (asked, turn) = (Instant::now(), self.commits.lock().await);
        *deadline = deadline.later(asked.elapsed());
        turn
    }

    /// The stages of what was taken in so far.
    async fn commit_groups(&self, batch: &mut Batch, deadline: &mut Deadline) {
        let groups = std::mem::take(&mut batch.groups);
        if groups.len() > 0 {
            let _turn = self.turn(deadline).await;
            self.commit_parts(batch, groups, *deadline).await;
        }
    }

    async fn commit_parts(&self, batch: &mut Batch, mut groups: Groups, deadline: Deadline) {
        let owners = match deadline.bounds(self.owners(&groups, deadline)).await {
            Ok(Ok(owners)) => owners,
            Ok(Err(error)) if groups.len() > 1 && !error.is_transient() => {
                // One of them cannot be looked up: the halves find out which, and the others are not held up by it.
                let rest = groups.split_off_half();
                Box::pin(self.commit_parts(batch, groups, deadline)).await;
                return Box::pin(self.commit_parts(batch, rest, deadline)).await;
            }
            Ok(Err(error)) => return batch.fail_all(&groups, &error.into()),
            Err(reason) => return batch.fail_all(&groups, &reason),
        };
        for (source, reason) in self.commit_all(groups.units(owners), &mut batch.stored, deadline).await {
            batch.fail(source, reason);
        }
    }

    /// The stages of one message.
    async fn take_in(&self, batch: &mut Batch, source: usize, text: &str) -> Result<(), Reason> {
        let Some(message) = self.open(batch, source, text).await? else { return Ok(()) };
        batch.used.add(&message.header);
        let Some(addressed) = self.address(&message.header).await? else { return Ok(()) };
        let Addressed { project, scrubbing, time_unit, retention, limits } = addressed;
        batch.stored.watch(project, limits);
        let prepared = prepare::prepare(&message, source, &scrubbing)?;
        if let Some(posted) = &message.header.notifications {
            self.keep_configs(project, posted, retention).await?;
        }
        for grouped in prepared {
            match batch.seen.entry((project, grouped.event_id)) {
                Occupied(first) => batch.repeated.push((source, *first.get())),
                Vacant(vacant) => {
                    vacant.insert(source);
                    batch.groups.add(project, Settings { time_unit, retention }, grouped);
                }
            }
        }
        Ok(())
    }
}

/// A batch on its way.
#[derive(Default)]
struct Batch {
    /// The events that the batch has already, and the delivery that brought each.
    seen: HashMap<(ProjectId, EventId), usize>,
    /// Deliveries with an event that another, the second of the pair, brought before.
    repeated: Vec<(usize, usize)>,
    groups: Groups,
    /// What was committed.
    stored: Stored,
    /// The keys that the deliveries were sent with.
    used: Used,
    /// Where the bodies of deliveries are in S3.
    claims: Vec<(usize, String)>,
    /// Why a delivery failed, by its index; the first reason stands.
    failed: BTreeMap<usize, Reason>,
}

impl Batch {
    fn fail(&mut self, source: usize, reason: Reason) {
        self.failed.entry(source).or_insert(reason);
    }

    fn fail_all(&mut self, groups: &Groups, reason: &Reason) {
        for source in groups.sources() {
            self.fail(source, reason.clone());
        }
    }

    /// An event that came twice was taken from one delivery. If that one failed, so did the other: otherwise it would be
    /// deleted as done, and nothing but the first would stand for its event.
    fn fail_repeated(&mut self) {
        for (source, first) in std::mem::take(&mut self.repeated) {
            if let Some(reason) = self.failed.get(&first).cloned() {
                self.fail(source, reason);
            }
        }
    }
}

fn failure(delivery: &Delivery, reason: &Reason) -> Failure {
    // Without what it quotes: a log is no place for what is not scrubbed yet.
    let noted = reason.noted();
    tracing::error!(message.id = delivery.id, error.message = noted, "a message could not be processed");
    Failure { id: delivery.id.clone(), reason: reason.to_string() }
}
