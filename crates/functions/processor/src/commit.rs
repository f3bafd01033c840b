use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use formats::segment::SegmentWriter;
use futures_util::future::join_all;
use model::error::ErrorAggregate;
use model::error::history::{self, Action, EntryId};
use model::id::{ErrorUid, ProjectId, ReferenceId, SegmentId};
use model::project::Retention;
use model::time::Timestamp;
use store::ports::{Commit, Reference};
use store::{Kind, StoreError};

use crate::group::{Entry, Unit, frames};
use crate::known::Read;
use crate::reason::Reason;
use crate::stored::Stored;
use crate::{Deadline, Processor};

/// The first pause between attempts; each further one may be twice as long, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

pub(crate) const SECONDS_PER_DAY: i64 = 86_400;

/// A unit that could not be committed, and why.
pub(crate) struct Undone {
    pub(crate) unit: Unit,
    pub(crate) error: StoreError,
}

impl Processor {
    /// Commits all units, round after round, and again what a further attempt may help, until the deadline. Returns
    /// the deliveries whose events could not be committed, with the reason; every other event is stored.
    /// Those are told to `stored`.
    pub(crate) async fn commit_all(
        &self,
        rounds: Vec<Vec<Unit>>,
        stored: &mut Stored,
        deadline: Deadline,
    ) -> Vec<(usize, Reason)> {
        let mut failed = Vec::new();
        for mut units in rounds {
            for attempt in 1.. {
                let sources: Vec<_> = sources(&units).collect();
                let undone = match deadline.bounds(self.attempt(units, stored)).await {
                    Ok(undone) => undone,
                    Err(reason) => {
                        failed.extend(sources.into_iter().map(|source| (source, reason.clone())));
                        break;
                    }
                };
                let pause = self.pause(attempt);
                let in_time = !deadline.is_within(pause);
                let (again, lost): (Vec<_>, Vec<_>) =
                    undone.into_iter().partition(|undone| undone.error.is_transient() && in_time);
                for Undone { unit, error } in lost {
                    let reason = Reason::from(error);
                    failed.extend(unit.entries.iter().map(|entry| (entry.source, reason.clone())));
                }
                if again.is_empty() {
                    break;
                }
                tokio::time::sleep(pause).await;
                units = again.into_iter().map(|undone| undone.unit).collect();
            }
        }
        failed
    }

    /// Read, drop what is counted, note releases, write the segments, post the terms, commit. Returns what is still undone.
    async fn attempt(&self, mut units: Vec<Unit>, stored: &mut Stored) -> Vec<Undone> {
        let reads = match self.read(&units).await {
            Ok(reads) => reads,
            Err(error) if units.len() > 1 && !error.is_transient() => {
                // One of them cannot be read: the halves find out which, and the others are not held up by it.
                let rest = units.split_off(units.len() / 2);
                let mut undone = Box::pin(self.attempt(units, stored)).await;
                undone.extend(Box::pin(self.attempt(rest, stored)).await);
                return undone;
            }
            Err(error) => return all_undone(units, &error),
        };
        let mut work: Vec<(Unit, Read)> = units.into_iter().zip(reads).collect();
        for (unit, read) in &mut work {
            let before = unit.entries.len();
            unit.entries.retain(|entry| !read.counted.contains(&entry.event));
            if unit.entries.len() < before {
                unit.references = None;
            }
        }
        work.retain(|(unit, _)| !unit.entries.is_empty());
        let (work, mut undone) = self.note_releases(work).await;
        let (work, unwritten) = self.write_ahead(work).await;
        undone.extend(unwritten);
        let mut written = HashSet::new();
        let (work, waiting): (Vec<_>, Vec<_>) =
            work.into_iter().partition(|(unit, read)| written.insert(read.writes(unit)));

        let (units, mut commits, unposted) = self.post_terms(work).await;
        undone.extend(unposted);
        self.keep_merged(&mut commits).await;
        let results = self.error_commits.commit(&commits).await;
        for ((mut unit, commit), result) in units.into_iter().zip(&commits).zip(results) {
            match result {
                Ok(()) => {
                    self.known.remember(commit);
                    stored.add(&unit);
                }
                Err(error) => {
                    self.known.forget(&unit);
                    if error.kind() == Kind::Conflict {
                        // If it was for an alias that another error has got meanwhile, the hash stays there.
                        unit.aliases.clear();
                    }
                    undone.push(Undone { unit, error });
                }
            }
        }
        if !waiting.is_empty() {
            // They are merged into what was just written, or with it into another: one after the other.
            let waiting = waiting.into_iter().map(|(unit, _)| unit).collect();
            undone.extend(Box::pin(self.attempt(waiting, stored)).await);
        }
        undone
    }

    /// Writes what must be there before a commit says so: one segment for each project that has units which are not
    /// written yet, and where their events are. When this returns, what the references of the units point to is
    /// durable.
    async fn write_ahead(&self, work: Vec<(Unit, Read)>) -> (Vec<(Unit, Read)>, Vec<Undone>) {
        let mut projects: BTreeMap<ProjectId, Vec<(Unit, Read)>> = BTreeMap::new();
        for item in work {
            projects.entry(item.0.project).or_default().push(item);
        }
        let written = projects.into_iter().map(|(project, mut work)| async move {
            let ahead = async {
                self.write_segment(project, &mut work).await?;
                self.enter(project, &mut work).await
            };
            match ahead.await {
                Ok(()) => (work, Vec::new()),
                Err(error) => (Vec::new(), all_undone(work.into_iter().map(|(unit, _)| unit).collect(), &error)),
            }
        });
        let (mut work, mut undone) = (Vec::new(), Vec::new());
        for (written, failed) in join_all(written).await {
            work.extend(written);
            undone.extend(failed);
        }
        (work, undone)
    }

    async fn write_segment(&self, project: ProjectId, work: &mut [(Unit, Read)]) -> store::Result<()> {
        // A batch has one setting of each project.
        let retention = work.first().and_then(|(unit, _)| unit.settings.retention);
        let segment = SegmentId::new(project, self.clock.now(), self.clock.random()).kept(retention);
        let mut writer = SegmentWriter::new();
        let mut written = Vec::new();
        for (index, (unit, _)) in work.iter().enumerate().filter(|(_, (unit, _))| unit.references.is_none()) {
            let references = frames(&unit.entries).map(|entries| self.write_frame(&segment, &mut writer, entries));
            written.push((index, references.collect::<store::Result<Vec<_>>>()?));
        }
        if written.is_empty() {
            return Ok(());
        }
        self.segments.put(&segment, writer.finish()).await?;
        for (index, references) in written {
            let unit = &mut work[index].0;
            (unit.references, unit.entered) = (Some(references), false);
        }
        Ok(())
    }

    fn write_frame(
        &self,
        segment: &SegmentId,
        writer: &mut SegmentWriter,
        entries: &[Entry],
    ) -> store::Result<Reference> {
        let lines = entries.iter().map(|entry| entry.line.as_slice());
        let frame = writer
            .frame(lines)
            .map_err(|error| StoreError::new(Kind::Rejected, "packing a frame", error.to_string()))?;
        let (newest, oldest) = (&entries[0].sighting, &entries[entries.len() - 1].sighting);
        Ok(Reference {
            id: ReferenceId::new(newest.timestamp, self.clock.random()),
            segment: segment.clone(),
            frame,
            first: oldest.timestamp,
            last: newest.timestamp,
            events: entries.iter().map(|entry| entry.event).collect(),
        })
    }

    /// The error with the unit's occurrences counted.
    pub(crate) fn commit_of(&self, unit: &Unit, read: &Read) -> Commit {
        let now = self.clock.now();
        let new = || {
            let uid = ErrorUid::new(now, self.clock.random());
            ErrorAggregate::new(unit.project, unit.fingerprint, uid, now)
        };
        let mut error = read.error.clone().unwrap_or_else(new);
        let mut whole = read.whole.clone();
        if whole.is_none() {
            // What it was merged into is gone: it is an error of its own again.
            error.merged_into = None;
        }
        let sightings = || unit.entries.iter().rev().map(|entry| &entry.sighting);
        let ended = error.observe(unit.settings.time_unit, sightings());
        let history = ended.map(|action| self.entry_of(action, &error));
        let mut target_history = None;
        if let Some(whole) = &mut whole {
            let ended = whole.observe_of_merged(unit.settings.time_unit, sightings());
            target_history = ended.map(|action| self.entry_of(action, whole));
        }
        let references = unit.references.clone().unwrap_or_default();
        // Of this commit and no other; and not of what the error is merged into, which has others' occurrences.
        error.posted = unit.posted(&references);
        if let Some(whole) = &mut whole {
            whole.posted = None;
        }
        let aliases = unit.aliases.clone();
        // Counted from the segment, which the bucket removes at the first midnight of UTC after as many days: what is
        // listed can be read. Some time may have gone by since it was written, if others wrote the error meanwhile.
        let written_at = references.first().map_or(now, |reference| reference.segment.written_at());
        let expires_at = self.expires_at(written_at, unit.settings.retention);
        // A project that keeps things for a shorter time than before still has what came before.
        for error in whole.iter_mut().chain([&mut error]) {
            error.expires_at = error.expires_at.max(expires_at);
        }
        Commit { error, target: whole, references, aliases, history, target_history, expires_at }
    }

    /// What the error's history says of an occurrence that ended what somebody had set.
    fn entry_of(&self, action: Action, error: &ErrorAggregate) -> history::HistoryEntry {
        let (at, by) = (error.status_at, history::Actor::Occurrence);
        history::HistoryEntry { id: EntryId::new(at, 0, self.clock.random()), at, by, action }
    }

    /// Keeps what is merged into the errors of these commits for as long as them, well before its time is over: a part
    /// that expires while the whole lives on would come back as a new error.
    async fn keep_merged(&self, commits: &mut [Commit]) {
        let now = self.clock.now().seconds();
        for commit in commits {
            let whole = commit.target.as_mut().unwrap_or(&mut commit.error);
            let kept_until = whole.merged.as_ref().map(|merged| merged.kept_until.seconds());
            let is_due = |until| 3 * (until - now) < 2 * (whole.expires_at.seconds() - now);
            if !kept_until.is_some_and(is_due) {
                continue;
            }
            match self.error_commits.keep_merged(whole, whole.expires_at).await {
                Ok(()) => whole.merged.iter_mut().for_each(|merged| merged.kept_until = whole.expires_at),
                // A third of the time is left: a later commit does it.
                Err(error) => {
                    tracing::warn!(error.message = %error, "what is merged into an error is not kept longer yet")
                }
            }
        }
    }

    /// When what is written at `moment` may be removed.
    pub(crate) fn expires_at(&self, moment: Timestamp, retention: Option<Retention>) -> Timestamp {
        let days = retention.map_or(self.retention_days, Retention::days);
        moment.plus_seconds(i64::from(days) * SECONDS_PER_DAY)
    }

    /// How long to wait before the attempt after `attempt`: up to twice as long each time, at random, so that processors
    /// which got into each other's way do not do so again.
    pub(crate) fn pause(&self, attempt: u32) -> Duration {
        let longest = FIRST_PAUSE.saturating_mul(1 << attempt.min(16)).min(LONGEST_PAUSE);
        let part = (self.clock.random() % 1_000) as u32;
        longest * part / 1_000
    }
}

fn sources(units: &[Unit]) -> impl Iterator<Item = usize> {
    units.iter().flat_map(|unit| &unit.entries).map(|entry| entry.source)
}

fn all_undone(units: Vec<Unit>, error: &StoreError) -> Vec<Undone> {
    units.into_iter().map(|unit| Undone { unit, error: error.clone() }).collect()
}
