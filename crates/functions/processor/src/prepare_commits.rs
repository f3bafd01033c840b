use model::error::ErrorAggregate;
use model::error::history::{self, Action, EntryId};
use model::id::{ErrorUid, SegmentId};
use store::ports::{Commit, FramePlace};

use crate::caches::StoredError;
use crate::error_batch::ErrorBatch;
use crate::index_ids::IndexedBatch;
use crate::processor::Processor;

/// Occurrences and the commit that counts them.
pub(crate) struct PreparedBatch {
    pub(crate) batch: ErrorBatch,
    pub(crate) stored: StoredError,
    pub(crate) commit: Commit,
}

impl Processor {
    /// Counts the occurrences of each batch on its error, in memory.
    pub(crate) fn prepare_commits(&self, batches: Vec<IndexedBatch>) -> Vec<PreparedBatch> {
        batches.into_iter().map(|indexed| self.prepare_commit(indexed)).collect()
    }

    fn prepare_commit(&self, IndexedBatch { batch, stored, references }: IndexedBatch) -> PreparedBatch {
        let now = self.clock.now();
        let create = || {
            let uid = ErrorUid::new(now, self.clock.random());
            ErrorAggregate::new(batch.project, batch.fingerprint, uid, now)
        };
        let mut error = stored.error.clone().unwrap_or_else(create);
        let mut target = stored.target.clone();
        if target.is_none() {
            // The error that it was merged into is gone, so it stands alone again.
            error.merged_into = None;
        }
        let sightings = || batch.occurrences.iter().rev().map(|occurrence| &occurrence.sighting);
        let ended = error.observe(batch.settings.time_unit, sightings());
        let history = ended.map(|action| self.history_entry(action, &error));
        let mut target_history = None;
        if let Some(target) = &mut target {
            let ended = target.observe_of_merged(batch.settings.time_unit, sightings());
            target_history = ended.map(|action| self.history_entry(action, target));
            // The target also has occurrences that were posted without these configs.
            target.posted = None;
        }
        error.posted = batch.posted(&references);
        // S3 removes the segment at the first midnight UTC after its retention. Counting from the time at which the
        // segment was written makes sure that every listed occurrence can be read: an earlier attempt may have written
        // the segment a while ago.
        let segment = references.iter().find_map(|reference| match &reference.frame {
            FramePlace::Segment { id, .. } => Some(id),
            FramePlace::Inline(_) => None,
        });
        let written_at = segment.map_or(now, SegmentId::written_at);
        let expires_at = self.expires_at(written_at, batch.settings.retention);
        // If a project's retention was shortened, its older occurrences are still kept for the longer time.
        for error in target.iter_mut().chain([&mut error]) {
            error.expires_at = error.expires_at.max(expires_at);
        }
        let aliases = batch.aliases.clone();
        let commit = Commit { error, target, references, aliases, history, target_history, expires_at };
        PreparedBatch { batch, stored, commit }
    }

    /// Returns the history entry for occurrences that ended a resolution or a mute.
    fn history_entry(&self, action: Action, error: &ErrorAggregate) -> history::HistoryEntry {
        let at = error.status_at;
        let id = EntryId::new(at, 0, self.clock.random());
        history::HistoryEntry { id, at, by: history::Actor::Occurrence, action }
    }
}
