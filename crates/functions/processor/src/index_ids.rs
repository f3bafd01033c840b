//! Indexes events by their ids, before the commit, so that every committed event can be found by its id. If the commit
//! never happens, the entry points to nothing, which readers notice.

use std::collections::BTreeMap;

use formats::event_index::{Entries, EventLocation};
use futures_util::future::join_all;
use model::id::ProjectId;
use store::ports::{Entered, Reference};

use crate::caches::StoredError;
use crate::error_batch::{ErrorBatch, FailedBatch};
use crate::processor::Processor;
use crate::segments::WrittenBatch;

/// Occurrences whose events can be found by their ids.
pub(crate) struct IndexedBatch {
    pub(crate) batch: ErrorBatch,
    pub(crate) stored: StoredError,
    pub(crate) references: Vec<Reference>,
}

impl Processor {
    /// Indexes the events of these batches, except those that an earlier attempt already indexed with the same
    /// references.
    pub(crate) async fn index_ids(
        &self,
        batches: Vec<WrittenBatch>,
        failed: &mut Vec<FailedBatch>,
    ) -> Vec<IndexedBatch> {
        let mut projects: BTreeMap<ProjectId, Vec<WrittenBatch>> = BTreeMap::new();
        for written in batches {
            projects.entry(written.batch.project).or_default().push(written);
        }
        let writes = projects.into_iter().map(|(project, batches)| async move {
            let result = self.index_project(project, &batches).await;
            (batches, result)
        });
        let mut indexed = Vec::new();
        for (batches, result) in join_all(writes).await {
            for WrittenBatch { mut batch, stored, references } in batches {
                match &result {
                    Ok(()) => {
                        batch.ids_indexed = true;
                        indexed.push(IndexedBatch { batch, stored, references });
                    }
                    Err(error) => failed.push(FailedBatch { batch, error: error.clone() }),
                }
            }
        }
        indexed
    }

    async fn index_project(&self, project: ProjectId, batches: &[WrittenBatch]) -> store::Result<()> {
        let unindexed: Vec<_> = batches.iter().filter(|written| !written.batch.ids_indexed).collect();
        let entries = Entries::of(unindexed.iter().flat_map(|written| {
            written.references.iter().map(|reference| {
                let place = EventLocation { fingerprint: written.batch.fingerprint, reference: reference.id };
                (place, reference.events.as_slice())
            })
        }));
        if entries == Entries::default() {
            return Ok(());
        }
        let at = self.clock.now();
        let retention = unindexed.first().and_then(|written| written.batch.settings.retention);
        let entered = Entered { at, random: self.clock.random(), expires_at: self.expires_at(at, retention) };
        self.stores.event_index.enter(project, &entries, entered).await
    }
}
