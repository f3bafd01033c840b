use std::collections::BTreeMap;

use domain::error::Sighting;
use domain::id::{EventDigest, Fingerprint, ProjectId};
use domain::occurrence::Occurrence;
use domain::timeline::Minute;
use domain::v1;
use store::ports::{Commit, Reference};

/// A batch's occurrences by error.
#[derive(Default)]
pub(crate) struct Groups(BTreeMap<(ProjectId, Fingerprint), Vec<Entry>>);

/// An occurrence, ready to be written.
pub(crate) struct Entry {
    /// The index of the delivery that brought it.
    pub(crate) source: usize,
    pub(crate) event: EventDigest,
    pub(crate) sighting: Sighting,
    /// Its line in a segment.
    pub(crate) line: Vec<u8>,
}

/// What one commit is made of: occurrences of one error.
pub(crate) struct Unit {
    pub(crate) project: ProjectId,
    pub(crate) fingerprint: Fingerprint,
    /// Newest first.
    pub(crate) entries: Vec<Entry>,
    /// Where the entries were written, once they are.
    pub(crate) references: Option<Vec<Reference>>,
}

impl Groups {
    /// Adds an occurrence that the delivery `source` brought.
    pub(crate) fn add(&mut self, project: ProjectId, source: usize, occurrence: &Occurrence) -> Result<(), String> {
        let line = serde_json::to_vec(occurrence).map_err(|error| error.to_string())?;
        let message = v1::truncate(&occurrence.message);
        let fingerprint = v1::fingerprint(&message);
        let sighting = Sighting::of(occurrence, &message);
        let entry = Entry { source, event: occurrence.event_id.digest(), sighting, line };
        self.0.entry((project, fingerprint)).or_default().push(entry);
        Ok(())
    }

    /// One unit for each error; several where its events happened in more minutes than a commit can hold. Rounds are
    /// units that can be committed at the same time: each has an error at most once.
    pub(crate) fn into_units(self) -> Vec<Vec<Unit>> {
        let mut rounds: Vec<Vec<Unit>> = Vec::new();
        for ((project, fingerprint), mut entries) in self.0 {
            entries.sort_by_key(|entry| std::cmp::Reverse(entry.sighting.timestamp));
            for (round, entries) in split(entries).into_iter().enumerate() {
                if rounds.len() == round {
                    rounds.push(Vec::new());
                }
                rounds[round].push(Unit { project, fingerprint, entries, references: None });
            }
        }
        rounds
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
