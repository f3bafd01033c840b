use std::collections::{BTreeMap, HashMap};

use domain::error::Sighting;
use domain::grouping::group;
use domain::id::{ErrorKey, EventDigest, EventId, Fingerprint, ProjectId};
use domain::occurrence::Occurrence;
use domain::timeline::Minute;
use store::ports::{Commit, Reference};

use crate::Digest;

/// A batch's occurrences by the hashes that they are grouped by.
#[derive(Default)]
pub(crate) struct Groups(BTreeMap<(ProjectId, Vec<Fingerprint>), Vec<Entry>>);

/// An occurrence, ready to be written.
pub(crate) struct Entry {
    /// The index of the delivery that brought it.
    pub(crate) source: usize,
    pub(crate) event: EventDigest,
    pub(crate) sighting: Sighting,
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
    /// Of an occurrence that the delivery `source` brought.
    pub(crate) fn of(occurrence: &Occurrence, source: usize) -> Result<Self, String> {
        let line = serde_json::to_vec(occurrence).map_err(|error| error.to_string())?;
        let grouping = group(occurrence);
        let sighting = Sighting::of(occurrence, message(&grouping.title, &occurrence.kind));
        let event_id = occurrence.event_id;
        Ok(Self {
            event_id,
            hashes: grouping.hashes,
            entry: Entry { source, event: event_id.digest(), sighting, line },
        })
    }
}

/// What one commit is made of: occurrences of one error.
pub(crate) struct Unit {
    pub(crate) project: ProjectId,
    pub(crate) fingerprint: Fingerprint,
    /// The hashes that the error is to go by from now on, besides its fingerprint.
    pub(crate) aliases: Vec<Fingerprint>,
    /// Newest first.
    pub(crate) entries: Vec<Entry>,
    /// Where the entries were written, once they are.
    pub(crate) references: Option<Vec<Reference>>,
}

impl Groups {
    /// Adds an occurrence.
    pub(crate) fn add(&mut self, project: ProjectId, grouped: Grouped) {
        self.0.entry((project, grouped.hashes)).or_default().push(grouped.entry);
    }

    /// The deliveries of which there is anything here.
    pub(crate) fn sources(&self) -> impl Iterator<Item = usize> {
        self.0.values().flatten().map(|entry| entry.source)
    }
}

/// A title without the type before it: lists show the type beside the message.
fn message<'a>(title: &'a str, kind: &str) -> &'a str {
    let message = title.strip_prefix(kind).and_then(|rest| rest.strip_prefix(": "));
    message.filter(|_| !kind.is_empty()).unwrap_or(title)
}

impl Digest {
    /// One unit for each error; several where its events happened in more minutes than a commit can hold. Rounds are
    /// units that can be committed at the same time: each has an error at most once.
    ///
    /// An occurrence belongs to the error that goes by any of its hashes. If none does, it is of a new error, named by
    /// the first hash, and others of the batch that share one of its hashes belong to it too.
    pub(crate) async fn units_of(&self, groups: Groups) -> store::Result<Vec<Vec<Unit>>> {
        let mut owners = self.owners(&groups).await?;
        let mut errors: BTreeMap<ErrorKey, (Vec<Fingerprint>, Vec<Entry>)> = BTreeMap::new();
        for ((project, hashes), entries) in groups.0 {
            let owned = hashes.iter().find_map(|hash| owners.get(&(project, *hash))).copied();
            let Some(owner) = owned.or_else(|| hashes.first().copied()) else { continue };
            let (aliases, all) = errors.entry((project, owner)).or_default();
            for hash in hashes {
                let known = owners.insert((project, hash), owner).is_some();
                if !known && hash != owner && aliases.len() < Commit::MAX_ALIASES {
                    aliases.push(hash);
                }
            }
            all.extend(entries);
        }

        let mut rounds: Vec<Vec<Unit>> = Vec::new();
        for ((project, fingerprint), (aliases, mut entries)) in errors {
            entries.sort_by_key(|entry| std::cmp::Reverse(entry.sighting.timestamp));
            for (round, entries) in split(entries).into_iter().enumerate() {
                if rounds.len() == round {
                    rounds.push(Vec::new());
                }
                let aliases = if round == 0 { aliases.clone() } else { Vec::new() };
                rounds[round].push(Unit { project, fingerprint, aliases, entries, references: None });
            }
        }
        Ok(rounds)
    }

    /// Which errors go by the hashes of these groups; from the table where this process does not remember it.
    async fn owners(&self, groups: &Groups) -> store::Result<HashMap<ErrorKey, Fingerprint>> {
        let hashes = groups.0.keys().flat_map(|(project, hashes)| hashes.iter().map(|hash| (*project, *hash)));
        let (mut owners, unknown) = self.known.owners(hashes);
        if !unknown.is_empty() {
            let found = self.digests.owners(&unknown).await?;
            self.known.remember_owners(&found);
            owners.extend(found);
        }
        Ok(owners)
    }
}

/// `entries` in parts that each span no more minutes than a commit has references.
fn split(entries: Vec<Entry>) -> Vec<Vec<Entry>> {
    let mut parts: Vec<Vec<Entry>> = Vec::new();
    let (mut minutes, mut last) = (0, None);
    for entry in entries {
        let minute = Minute::of(entry.sighting.timestamp);
        if last != Some(minute) {
            if minutes % Commit::MAX_REFERENCES == 0 {
                parts.push(Vec::new());
            }
            minutes += 1;
            last = Some(minute);
        }
        if let Some(part) = parts.last_mut() {
            part.push(entry);
        }
    }
    parts
}
