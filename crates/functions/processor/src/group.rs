use std::collections::hash_map::Entry::Vacant;
use std::collections::{BTreeMap, HashMap};

use grouping::group;
use model::error::{Posted, Sighting};
use model::id::{ConfigId, ErrorKey, EventHash, EventId, Fingerprint, OccurrenceId, ProjectId};
use model::occurrence::{Occurrence, Source};
use model::project::{Retention, TimeUnit};
use model::timeline::Minute;
use store::ports::{Commit, Reference};

use crate::{Deadline, Processor};

/// A batch's occurrences by the hashes that they are grouped by.
#[derive(Default)]
pub(crate) struct Groups {
    entries: BTreeMap<(ProjectId, Vec<Fingerprint>), Vec<Entry>>,
    settings: BTreeMap<ProjectId, Settings>,
    bytes: usize,
}

/// What a project says about its occurrences.
#[derive(Clone, Copy, Default)]
pub(crate) struct Settings {
    /// In which span its thresholds count.
    pub(crate) time_unit: TimeUnit,
    /// For how long they are kept, if not as long as the stack says.
    pub(crate) retention: Option<Retention>,
}

/// What bounds the memory of a batch, in bytes of lines: a batch of the queue is small, but may unpack to gigabytes.
const MAX_BYTES: usize = 32 << 20;

/// An occurrence, ready to be written.
pub(crate) struct Entry {
    /// The index of the delivery that brought it.
    pub(crate) source: usize,
    pub(crate) event: EventHash,
    pub(crate) sighting: Sighting,
    /// The notification configs that were posted with it.
    pub(crate) posted: Option<ConfigId>,
    /// Its line in a segment.
    pub(crate) line: Vec<u8>,
}

/// An occurrence, and the hashes that it is grouped by.
pub(crate) struct Grouped {
    pub(crate) event_id: EventId,
    hashes: Vec<Fingerprint>,
    entry: Entry,
}

impl Grouped {
    /// Of an occurrence that the delivery `source` brought, and the configs that were `posted` with it.
    pub(crate) fn of(occurrence: &Occurrence, source: usize, posted: Option<ConfigId>) -> Result<Self, String> {
        let line = serde_json::to_vec(occurrence).map_err(|error| error.to_string())?;
        let grouping = group(occurrence);
        let sighting = Sighting::of(occurrence, message(&grouping.title, occurrence));
        let event_id = occurrence.event_id;
        Ok(Self {
            event_id,
            hashes: grouping.hashes,
            entry: Entry { source, event: event_id.hash(), sighting, posted, line },
        })
    }
}

/// What one commit is made of: occurrences of one error.
pub(crate) struct Unit {
    pub(crate) project: ProjectId,
    pub(crate) fingerprint: Fingerprint,
    /// The hashes that the error is to go by from now on, besides its fingerprint.
    pub(crate) aliases: Vec<Fingerprint>,
    pub(crate) settings: Settings,
    /// Newest first.
    pub(crate) entries: Vec<Entry>,
    /// Where the entries were written, once they are.
    pub(crate) references: Option<Vec<Reference>>,
    /// Whether the event index has where its events are.
    pub(crate) entered: bool,
}

impl Unit {
    /// The configs that were posted with its occurrences, which were written to `references`.
    pub(crate) fn posted(&self, references: &[Reference]) -> Option<Posted> {
        let newest = self.entries.first()?;
        let occurrence = OccurrenceId::new(newest.sighting.timestamp, references.first()?.id, 0);
        Some(Posted { configs: newest.posted?, occurrence: Some(occurrence) })
    }
}

impl Groups {
    /// Adds an occurrence of a project with these settings.
    pub(crate) fn add(&mut self, project: ProjectId, settings: Settings, grouped: Grouped) {
        self.bytes += grouped.entry.line.len();
        self.settings.insert(project, settings);
        self.entries.entry((project, grouped.hashes)).or_default().push(grouped.entry);
    }

    /// The deliveries of which there is anything here.
    pub(crate) fn sources(&self) -> impl Iterator<Item = usize> {
        self.entries.values().flatten().map(|entry| entry.source)
    }

    /// Whether so much is here that it should be committed before more is taken in.
    pub(crate) fn is_full(&self) -> bool {
        self.bytes > MAX_BYTES
    }

    /// How many sets of hashes there are.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Takes half of them out.
    pub(crate) fn split_off_half(&mut self) -> Self {
        let middle = self.entries.keys().nth(self.entries.len() / 2).cloned();
        let entries = middle.map(|middle| self.entries.split_off(&middle)).unwrap_or_default();
        Self { entries, settings: self.settings.clone(), bytes: 0 }
    }

    /// One unit for each error; several where its events happened in more minutes than a commit can hold. Rounds are
    /// units that can be committed at the same time: each has an error at most once. The oldest are committed first: the
    /// newest minutes close the older ones to thresholds.
    ///
    /// An occurrence belongs to the error that goes by any of its hashes. If none does, it is of a new error, named by
    /// the first hash, and others of the batch that share one of its hashes belong to it too.
    pub(crate) fn units(self, mut owners: HashMap<ErrorKey, Fingerprint>) -> Vec<Vec<Unit>> {
        let mut errors: BTreeMap<ErrorKey, (Vec<Fingerprint>, Vec<Entry>)> = BTreeMap::new();
        for ((project, hashes), entries) in self.entries {
            let owned = hashes.iter().find_map(|hash| owners.get(&(project, *hash))).copied();
            let Some(owner) = owned.or_else(|| hashes.first().copied()) else { continue };
            let (aliases, all) = errors.entry((project, owner)).or_default();
            for hash in hashes {
                // A hash that belongs to another error stays there.
                if let Vacant(vacant) = owners.entry((project, hash)) {
                    vacant.insert(owner);
                    if hash != owner && aliases.len() < Commit::MAX_ALIASES {
                        aliases.push(hash);
                    }
                }
            }
            all.extend(entries);
        }

        let mut rounds: Vec<Vec<Unit>> = Vec::new();
        for ((project, fingerprint), (aliases, mut entries)) in errors {
            let settings = self.settings.get(&project).copied().unwrap_or_default();
            entries.sort_by_key(|entry| std::cmp::Reverse(entry.sighting.timestamp));
            let parts = by_configs(entries).into_iter().flat_map(|entries| split(entries).into_iter().rev());
            for (round, entries) in parts.enumerate() {
                if rounds.len() == round {
                    rounds.push(Vec::new());
                }
                let aliases = if round == 0 { aliases.clone() } else { Vec::new() };
                rounds[round].push(Unit {
                    project,
                    fingerprint,
                    aliases,
                    settings,
                    entries,
                    references: None,
                    entered: false,
                });
            }
        }
        rounds
    }
}

/// The most different sets of configs that one batch brings for one error. Each makes a commit of its own.
const MAX_POSTED: usize = 10;

/// `entries`, newest first, by the configs that were posted with them: those whose oldest entry is the oldest come first.
/// A config is used for the occurrences that it came with, so these are committed, and counted, by themselves. Of more
/// than ten sets the others' occurrences are stored as if they had none.
fn by_configs(entries: Vec<Entry>) -> Vec<Vec<Entry>> {
    if entries.iter().all(|entry| entry.posted.is_none()) {
        return vec![entries];
    }
    let (mut order, mut dropped) = (Vec::new(), 0_usize);
    let mut parts: HashMap<Option<ConfigId>, Vec<Entry>> = HashMap::new();
    for mut entry in entries.into_iter().rev() {
        let is_new = entry.posted.is_some() && !order.contains(&entry.posted);
        if is_new && order.iter().filter(|posted| posted.is_some()).count() >= MAX_POSTED {
            entry.posted = None;
            dropped += 1;
        }
        if !order.contains(&entry.posted) {
            order.push(entry.posted);
        }
        parts.entry(entry.posted).or_default().push(entry);
    }
    if dropped > 0 {
        tracing::warn!(events.len = dropped, "too many different posted configs for one error: some are not used");
    }
    let newest_first = |posted| {
        let mut entries = parts.remove(&posted).unwrap_or_default();
        entries.reverse();
        entries
    };
    order.into_iter().map(newest_first).collect()
}

/// A title without the type before it: lists show the type beside the message. A v1 error's title is its message, by
/// which it is found, so it is left alone.
fn message<'a>(title: &'a str, occurrence: &Occurrence) -> &'a str {
    let message = || title.strip_prefix(&occurrence.kind)?.strip_prefix(": ");
    match occurrence.source {
        Source::V1 => title,
        Source::Sentry | Source::Security if occurrence.kind.is_empty() => title,
        Source::Sentry | Source::Security => message().unwrap_or(title),
    }
}

impl Processor {
    /// Which errors go by the hashes of these groups; from the table where this process does not remember it.
    pub(crate) async fn owners(
        &self,
        groups: &Groups,
        deadline: Deadline,
    ) -> store::Result<HashMap<ErrorKey, Fingerprint>> {
        let hashes = groups.entries.keys().flat_map(|(project, hashes)| hashes.iter().map(|hash| (*project, *hash)));
        let (mut owners, unknown) = self.known.owners(hashes);
        if !unknown.is_empty() {
            let mut found = self.error_commits.owners(&unknown).await;
            for attempt in 1.. {
                let pause = self.pause(attempt);
                if !matches!(&found, Err(error) if error.is_transient()) || deadline.is_within(pause) {
                    break;
                }
                tokio::time::sleep(pause).await;
                found = self.error_commits.owners(&unknown).await;
            }
            let found = found?;
            self.known.remember_owners(&found);
            owners.extend(found);
        }
        Ok(owners)
    }
}

/// The most events of a reference: their hashes, 8 bytes each, must leave its item far below DynamoDB's 400 kB.
const MAX_EVENTS: usize = 10_000;

/// `entries`, newest first, by the frames that they are written as: each of one minute.
pub(crate) fn frames(entries: &[Entry]) -> impl Iterator<Item = &[Entry]> {
    let minute = |entry: &Entry| Minute::of(entry.sighting.timestamp);
    entries.chunk_by(move |a, b| minute(a) == minute(b)).flat_map(|minute| minute.chunks(MAX_EVENTS))
}

/// `entries` in parts that are each written as no more frames than a commit has references.
fn split(mut entries: Vec<Entry>) -> Vec<Vec<Entry>> {
    let mut parts = Vec::new();
    while !entries.is_empty() {
        let part: usize = frames(&entries).take(Commit::MAX_REFERENCES).map(<[Entry]>::len).sum();
        let rest = entries.split_off(part);
        parts.push(std::mem::replace(&mut entries, rest));
    }
    parts
}
