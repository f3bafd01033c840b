use std::collections::BTreeMap;
use std::sync::Arc;

use model::error::Sighting;
use model::id::{AttachmentFolder, ConfigId, EventId, Fingerprint, ProjectId};
use model::occurrence::{Occurrence, Source};
use scrub::Rules;

use crate::caches::ResolvedProject;
use crate::error_batch::{OccurrenceLine, OccurrenceSettings};
use crate::normalise::ScrubbedOccurrence;

/// Limits the memory of a batch, in bytes of serialised occurrences: a batch in the queue is small, but can unpack to
/// gigabytes.
const MAX_GROUPED_BYTES: usize = 32 << 20;

/// An occurrence and the hashes that it is grouped by.
pub(crate) struct GroupedOccurrence {
    pub(crate) event_id: EventId,
    hashes: Vec<Fingerprint>,
    /// The hashes of the event as it was sent, if source maps changed it.
    sent: Vec<Fingerprint>,
    line: OccurrenceLine,
}

/// Computes the hashes of the occurrences of one delivery. `sent` has the occurrences that source maps changed, as they
/// were before. `posted` are the configs that were posted with it, `attached`
/// is where the attachments of its event are.
pub(crate) fn group(
    occurrences: Vec<ScrubbedOccurrence>,
    sent: Vec<Option<Box<Occurrence>>>,
    delivery_index: usize,
    posted: Option<ConfigId>,
    attached: Option<&AttachmentFolder>,
) -> Result<Vec<GroupedOccurrence>, String> {
    let group_one = |(ScrubbedOccurrence(occurrence), sent): (ScrubbedOccurrence, Option<Box<Occurrence>>)| {
        let line = serde_json::to_vec(&occurrence).map_err(|error| error.to_string())?;
        let grouping = grouping::group(&occurrence);
        let sighting = Sighting::of(&occurrence, list_message(&grouping.title, &occurrence));
        let event_id = occurrence.event_id;
        let attached = attached.filter(|folder| folder.event == event_id).cloned();
        let line = OccurrenceLine { delivery_index, event: event_id.hash(), sighting, posted, attached, line };
        let sent = sent.map(|sent| grouping::group(&sent).hashes).unwrap_or_default();
        Ok(GroupedOccurrence { event_id, hashes: grouping.hashes, sent, line })
    };
    let sent = sent.into_iter().chain(std::iter::repeat_with(|| None));
    occurrences.into_iter().zip(sent).map(group_one).collect()
}

/// Returns the title without its type, since lists show the type next to the message. The title of a v1 error is its
/// message, and the error is found by it, so it is returned as it is.
fn list_message<'a>(title: &'a str, occurrence: &Occurrence) -> &'a str {
    let without_type = || title.strip_prefix(&occurrence.kind)?.strip_prefix(": ");
    match occurrence.source {
        Source::V1 => title,
        Source::Sentry | Source::Security | Source::Rollbar | Source::Airbrake | Source::Bugsnag | Source::Otlp => {
            Some(title).filter(|_| occurrence.kind.is_empty()).or_else(without_type).unwrap_or(title)
        }
    }
}

/// Occurrences of several messages, by their project and hashes.
#[derive(Default)]
pub(crate) struct Groups {
    pub(crate) occurrences: BTreeMap<(ProjectId, Vec<Fingerprint>), Vec<OccurrenceLine>>,
    pub(crate) settings: BTreeMap<ProjectId, OccurrenceSettings>,
    /// The hashes of events as they were sent, by their project and hashes, of events that source maps changed.
    pub(crate) sent: BTreeMap<(ProjectId, Vec<Fingerprint>), Vec<Fingerprint>>,
    /// The scrubbing of projects with such events.
    pub(crate) scrubbing: BTreeMap<ProjectId, Arc<Rules>>,
    bytes: usize,
}

impl Groups {
    pub(crate) fn add(&mut self, project: &ResolvedProject, grouped: GroupedOccurrence) {
        let settings = OccurrenceSettings { time_unit: project.time_unit, retention: project.retention };
        self.settings.insert(project.id, settings);
        self.bytes += grouped.line.line.len();
        if !grouped.sent.is_empty() {
            self.scrubbing.entry(project.id).or_insert_with(|| project.scrubbing.clone());
            self.sent.entry((project.id, grouped.hashes.clone())).or_insert(grouped.sent);
        }
        self.occurrences.entry((project.id, grouped.hashes)).or_default().push(grouped.line);
    }

    /// Whether the occurrences must be committed before more messages are opened.
    pub(crate) fn is_full(&self) -> bool {
        self.bytes > MAX_GROUPED_BYTES
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.occurrences.is_empty()
    }

    /// The number of different sets of hashes.
    pub(crate) fn len(&self) -> usize {
        self.occurrences.len()
    }

    pub(crate) fn delivery_indexes(&self) -> impl Iterator<Item = usize> {
        self.occurrences.values().flatten().map(|occurrence| occurrence.delivery_index)
    }

    /// Removes and returns half of the sets of hashes.
    pub(crate) fn split_off_half(&mut self) -> Self {
        let middle = self.occurrences.keys().nth(self.occurrences.len() / 2).cloned();
        let occurrences = middle.as_ref().map(|middle| self.occurrences.split_off(middle)).unwrap_or_default();
        let sent = middle.map(|middle| self.sent.split_off(&middle)).unwrap_or_default();
        let (settings, scrubbing) = (self.settings.clone(), self.scrubbing.clone());
        Self { occurrences, settings, sent, scrubbing, bytes: 0 }
    }

    pub(crate) fn append(&mut self, mut other: Self) {
        self.occurrences.append(&mut other.occurrences);
        self.settings.append(&mut other.settings);
        self.sent.append(&mut other.sent);
        self.scrubbing.append(&mut other.scrubbing);
    }
}
