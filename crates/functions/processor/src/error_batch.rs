use model::error::{Posted, Sighting};
use model::id::{AttachmentFolder, ConfigId, ErrorKey, EventHash, Fingerprint, OccurrenceId, ProjectId};
use model::project::{Retention, TimeUnit};
use model::timeline::Minute;
use store::StoreError;
use store::ports::Reference;

/// An occurrence that is ready to be written.
pub(crate) struct OccurrenceLine {
    /// The index of the delivery that contained it.
    pub(crate) delivery_index: usize,
    pub(crate) event: EventHash,
    pub(crate) sighting: Sighting,
    /// The notification configs that were posted with it.
    pub(crate) posted: Option<ConfigId>,
    /// Where its attachments are, if it has any.
    pub(crate) attached: Option<AttachmentFolder>,
    /// Its line in a segment, as JSON.
    pub(crate) line: Vec<u8>,
}

impl OccurrenceLine {
    pub(crate) fn minute(&self) -> Minute {
        Minute::of(self.sighting.timestamp)
    }
}

/// A project's settings for its occurrences.
#[derive(Clone, Copy, Default)]
pub(crate) struct OccurrenceSettings {
    /// The unit of time in which thresholds count occurrences.
    pub(crate) time_unit: TimeUnit,
    /// How long occurrences are kept, if it differs from the stack's default.
    pub(crate) retention: Option<Retention>,
}

/// Occurrences of one error that are committed together.
pub(crate) struct ErrorBatch {
    pub(crate) project: ProjectId,
    pub(crate) fingerprint: Fingerprint,
    /// Hashes that lead to the error from this commit on, in addition to its fingerprint.
    pub(crate) aliases: Vec<Fingerprint>,
    pub(crate) settings: OccurrenceSettings,
    /// Whether nothing was found under any of its hashes, so that the error need not be read. If another processor has
    /// created it since, the commit is refused, and the next attempt reads it.
    pub(crate) is_new: bool,
    /// The occurrences, newest first.
    pub(crate) occurrences: Vec<OccurrenceLine>,
    /// Where the occurrences are, once they are written. Later attempts do not write them again.
    pub(crate) references: Option<Vec<Reference>>,
    /// Whether the event ids are indexed with these references.
    pub(crate) ids_indexed: bool,
}

impl ErrorBatch {
    pub(crate) fn key(&self) -> ErrorKey {
        (self.project, self.fingerprint)
    }

    /// The configs that were posted with the newest occurrence, if any.
    pub(crate) fn posted(&self, references: &[Reference]) -> Option<Posted> {
        let newest = self.occurrences.first()?;
        let occurrence = OccurrenceId::new(newest.sighting.timestamp, references.first()?.id, 0);
        Some(Posted { configs: newest.posted?, occurrence })
    }

    pub(crate) fn delivery_indexes(&self) -> impl Iterator<Item = usize> {
        self.occurrences.iter().map(|occurrence| occurrence.delivery_index)
    }
}

/// An error batch that an attempt could not commit, and why.
pub(crate) struct FailedBatch {
    pub(crate) batch: ErrorBatch,
    pub(crate) error: StoreError,
}
