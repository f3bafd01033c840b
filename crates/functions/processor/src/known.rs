use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::RangeInclusive;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::{StreamExt, TryStreamExt};
use model::error::ErrorAggregate;
use model::id::{ErrorKey, EventHash, Fingerprint};
use model::timeline::Minute;
use store::ports::Commit;

use crate::Processor;
use crate::group::Unit;

/// How many minutes of counted events are remembered: what comes again later is looked up.
const MINUTES: u32 = 3;
/// How many errors are remembered, and how many events of all of them together; beyond it all are forgotten. Some 16
/// bytes an event, 2 to 5 kB an error and 80 bytes a hash.
const MAX_ERRORS: usize = 20_000;
const MAX_EVENTS: usize = 500_000;
/// How many errors are looked up at once.
const CONCURRENT: usize = 16;
const MAX_OWNERS: usize = 100_000;

/// What this process knows of the errors that it wrote lately. It is a guess that costs no read: every commit is on
/// condition that the error is still at the version remembered, so a guess that is wrong is found out and nothing is
/// written.
#[derive(Default)]
pub(crate) struct Known(Mutex<Memory>);

#[derive(Default)]
struct Memory {
    errors: HashMap<ErrorKey, Remembered>,
    /// Hash to the error that goes by it.
    owners: HashMap<ErrorKey, Fingerprint>,
    events: usize,
}

impl Memory {
    fn forget(&mut self, key: &ErrorKey) {
        if let Some(forgotten) = self.errors.remove(key) {
            let events = forgotten.counted.values().map(HashSet::len).sum::<usize>();
            self.events -= events.min(self.events);
        }
    }

    /// Remembers an error to which a part's occurrences were added, and which was read as this. Of its own incarnation no more
    /// is known by it.
    fn remember_whole(&mut self, read: &ErrorAggregate) {
        let key = (read.project, read.fingerprint);
        let error = ErrorAggregate { version: read.version + 1, ..read.clone() };
        match self.errors.get_mut(&key) {
            Some(remembered) if remembered.error.uid == read.uid && remembered.error.version > read.version => {}
            Some(remembered) if remembered.error.uid == read.uid && remembered.error.version == read.version => {
                remembered.error = error;
            }
            _ => {
                self.forget(&key);
                let since = Minute::of(error.last_seen).next();
                self.errors.insert(key, Remembered { error, since, counted: BTreeMap::new() });
            }
        }
    }
}

struct Remembered {
    error: ErrorAggregate,
    /// All events counted from this minute on are in `counted`.
    since: Minute,
    counted: BTreeMap<Minute, HashSet<EventHash>>,
}

/// An error as it was read, and those events of a unit that it has counted already.
pub(crate) struct Read {
    /// `None` if there is no such error.
    pub(crate) error: Option<ErrorAggregate>,
    /// The error that it is merged into.
    pub(crate) whole: Option<ErrorAggregate>,
    pub(crate) counted: HashSet<EventHash>,
}

impl Read {
    /// What a commit of `unit` will write besides its own: no two that write the same can be under way at once.
    pub(crate) fn writes(&self, unit: &Unit) -> ErrorKey {
        (unit.project, self.whole.as_ref().map_or(unit.fingerprint, |whole| whole.fingerprint))
    }
}

impl Processor {
    /// What is known of the errors of these units; read from the table where memory does not have it. An event that was
    /// counted is found by the minute it happened in, and the ones beside it: a client that sends an event again sends
    /// the same time, and what little a correction of its clock may differ stays within a minute.
    pub(crate) async fn read(&self, units: &[Unit]) -> store::Result<Vec<Read>> {
        let mut reads: Vec<Option<Read>> = units.iter().map(|unit| self.known.recall(unit)).collect();
        let missing: Vec<_> = (0..units.len()).filter(|&index| reads[index].is_none()).collect();
        let keys: Vec<_> = missing.iter().map(|&index| (units[index].project, units[index].fingerprint)).collect();
        let mut errors = self.load(keys).await?;
        let wholes = errors.values().filter_map(|error| Some((error.project, error.merged_into?)));
        let wholes = self.load(wholes.collect::<HashSet<_>>().into_iter().collect()).await?;
        let looked_up = missing.into_iter().map(|index| {
            let unit = &units[index];
            let error = errors.remove(&(unit.project, unit.fingerprint));
            let into = error.as_ref().and_then(|error| error.merged_into);
            let whole = into.and_then(|into| wholes.get(&(unit.project, into)));
            let whole = whole.filter(|whole| error.as_ref().is_some_and(|error| whole.has_merged(error))).cloned();
            async move {
                let mut counted = HashSet::new();
                if let Some(error) = &error {
                    for minutes in unit.runs() {
                        counted.extend(self.error_commits.counted(unit.project, &error.uid, minutes).await?);
                    }
                }
                store::Result::Ok((index, Read { error, whole, counted }))
            }
        });
        let mut looked_up = futures_util::stream::iter(looked_up).buffer_unordered(CONCURRENT);
        while let Some((index, read)) = looked_up.try_next().await? {
            reads[index] = Some(read);
        }
        Ok(reads.into_iter().flatten().collect())
    }

    async fn load(&self, keys: Vec<ErrorKey>) -> store::Result<HashMap<ErrorKey, ErrorAggregate>> {
        match keys.is_empty() {
            true => Ok(HashMap::new()),
            false => self.error_commits.load(&keys).await,
        }
    }
}

impl Unit {
    /// The minutes in which its occurrences happened, each with the ones beside it, as few ranges: an old event beside a
    /// new one must not lead to reading all that lies between.
    fn runs(&self) -> Vec<RangeInclusive<Minute>> {
        let mut runs: Vec<RangeInclusive<Minute>> = Vec::new();
        for entry in self.entries.iter().rev() {
            let minute = Minute::of(entry.sighting.timestamp);
            match runs.last_mut() {
                Some(run) if minute.previous() <= run.end().next() => *run = *run.start()..=minute.next(),
                _ => runs.push(minute.previous()..=minute.next()),
            }
        }
        runs
    }

    /// The minutes of its oldest and its newest occurrence.
    fn minutes(&self) -> (Minute, Minute) {
        let minute = |entry: Option<&crate::group::Entry>| {
            entry.map_or(Minute::of(Default::default()), |entry| Minute::of(entry.sighting.timestamp))
        };
        (minute(self.entries.last()), minute(self.entries.first()))
    }
}

impl Known {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn recall(&self, unit: &Unit) -> Option<Read> {
        let memory = self.memory();
        let remembered = memory.errors.get(&(unit.project, unit.fingerprint))?;
        let (first, last) = unit.minutes();
        if first.previous() < remembered.since {
            return None;
        }
        let minutes = remembered.counted.range(first.previous()..=last.next());
        let whole = match remembered.error.merged_into {
            Some(into) => {
                let whole = &memory.errors.get(&(unit.project, into))?.error;
                Some(whole.has_merged(&remembered.error).then(|| whole.clone())?)
            }
            None => None,
        };
        let counted = |event: &EventHash| minutes.clone().any(|(_, events)| events.contains(event));
        let counted = unit.entries.iter().map(|entry| entry.event).filter(counted).collect();
        Some(Read { error: Some(remembered.error.clone()), whole, counted })
    }

    /// The errors that go by these hashes, and the hashes of which nothing is remembered.
    pub(crate) fn owners(
        &self,
        hashes: impl Iterator<Item = ErrorKey>,
    ) -> (HashMap<ErrorKey, Fingerprint>, Vec<ErrorKey>) {
        let memory = self.memory();
        let (mut owners, mut unknown) = (HashMap::new(), HashSet::new());
        for hash in hashes {
            match memory.owners.get(&hash) {
                Some(&owner) => drop(owners.insert(hash, owner)),
                None => drop(unknown.insert(hash)),
            }
        }
        (owners, unknown.into_iter().collect())
    }

    /// Remembers which errors go by which hashes.
    pub(crate) fn remember_owners(&self, owners: &HashMap<ErrorKey, Fingerprint>) {
        let mut memory = self.memory();
        if memory.owners.len() + owners.len() > MAX_OWNERS {
            memory.owners.clear();
        }
        memory.owners.extend(owners);
    }

    /// Remembers what was committed.
    pub(crate) fn remember(&self, commit: &Commit) {
        let mut memory = self.memory();
        if memory.errors.len() >= MAX_ERRORS || memory.events >= MAX_EVENTS || memory.owners.len() >= MAX_OWNERS {
            *memory = Memory::default();
        }
        if let Some(whole) = &commit.target {
            memory.remember_whole(whole);
        }
        let error = ErrorAggregate { version: commit.error.version + 1, ..commit.error.clone() };
        let newest = Minute::of(error.last_seen);
        let key = (error.project, error.fingerprint);
        for hash in commit.aliases.iter().chain([&error.fingerprint]) {
            memory.owners.insert((error.project, *hash), error.fingerprint);
        }
        let is_new = commit.error.version == 0;
        if let Some(Remembered { error: before, .. }) = memory.errors.get(&key) {
            let same_life = before.uid == error.uid;
            if same_life && before.version > commit.error.version {
                // Another processor in this process was faster to remember what it wrote after this.
                return;
            }
            if !same_life || before.version != commit.error.version {
                // What somebody wrote in between is not remembered: begin anew, or its events would count as unknown.
                memory.forget(&key);
            }
        }
        let mut events = memory.events;
        let remembered = memory.errors.entry(key).or_insert_with(|| Remembered {
            error: error.clone(),
            // Nothing was counted before an error was new. Of an older one all is known from the next minute on: what
            // this minute had before this process looked is not.
            since: if is_new { Minute::of(Default::default()) } else { newest.next() },
            counted: BTreeMap::new(),
        });
        remembered.error = error;
        for reference in &commit.references {
            let minute = Minute::of(reference.last);
            if minute < remembered.since {
                continue;
            }
            events += reference.events.len();
            remembered.counted.entry(minute).or_default().extend(reference.events.iter().copied());
        }
        let keep_from = (0..MINUTES).fold(newest, |minute, _| minute.previous());
        if remembered.since < keep_from {
            remembered.since = keep_from;
            let kept = remembered.counted.split_off(&keep_from);
            events -= remembered.counted.values().map(HashSet::len).sum::<usize>().min(events);
            remembered.counted = kept;
        }
        memory.events = events;
    }

    /// Forgets an error that somebody else wrote, or what it is merged into.
    pub(crate) fn forget(&self, unit: &Unit) {
        let (mut memory, key) = (self.memory(), (unit.project, unit.fingerprint));
        let into = memory.errors.get(&key).and_then(|remembered| remembered.error.merged_into);
        memory.forget(&key);
        if let Some(into) = into {
            memory.forget(&(unit.project, into));
        }
    }
}
