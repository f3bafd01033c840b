//! Records since when each project has the releases of its occurrences.
//!
//! This happens before the commit: whether a release is newer than a moment decides whether an error is resolved in it. A
//! process records a release once an hour, and whenever an occurrence of it was received earlier than it knew.

use std::collections::BTreeMap;

use futures_util::stream::{StreamExt, iter};
use model::id::ProjectId;
use model::project::Retention;
use store::ports::Release;

use crate::caches::StoredError;
use crate::duplicates::UncountedBatch;
use crate::error_batch::{ErrorBatch, FailedBatch};
use crate::processor::Processor;

/// The most releases of a project that one attempt records: a project that makes a release of each event costs no more.
const MAX_RECORDED_RELEASES: usize = 50;
const MAX_CONCURRENT_WRITES: usize = 8;

/// The releases of an attempt, by name, as far as they could be recorded.
type RecordedReleases = BTreeMap<ProjectId, BTreeMap<String, store::Result<Release>>>;

/// Occurrences that know since when their project has their release.
pub(crate) struct ReleasedBatch {
    pub(crate) batch: ErrorBatch,
    pub(crate) stored: StoredError,
}

/// The first and the last time at which an occurrence of a release was received.
struct SeenRelease {
    project: ProjectId,
    retention: Option<Retention>,
    release: Release,
}

impl Processor {
    /// Records the releases of these batches, and writes the first time of each into its occurrences. A batch whose
    /// release may be recorded at a further attempt fails. Any other failure is logged, and its batch goes on without.
    pub(crate) async fn record_releases(
        &self,
        batches: Vec<UncountedBatch>,
        failed: &mut Vec<FailedBatch>,
    ) -> Vec<ReleasedBatch> {
        let writes = list_releases(&batches).into_iter().map(|seen| async move {
            let result = self.record_release(&seen).await;
            (seen, result)
        });
        let results: Vec<_> = iter(writes).buffer_unordered(MAX_CONCURRENT_WRITES).collect().await;
        let mut recorded = RecordedReleases::new();
        for (seen, result) in results {
            recorded.entry(seen.project).or_default().insert(seen.release.name, result);
        }
        let mut released = Vec::with_capacity(batches.len());
        for UncountedBatch { mut batch, stored } in batches {
            match set_release_times(&mut batch, &recorded) {
                Ok(()) => released.push(ReleasedBatch { batch, stored }),
                Err(error) => failed.push(FailedBatch { batch, error }),
            }
        }
        released
    }

    async fn record_release(&self, seen: &SeenRelease) -> store::Result<Release> {
        let project = seen.project;
        if let Some(cached) = self.caches.releases.get(project, &seen.release) {
            return Ok(cached);
        }
        let expires_at = self.expires_at(self.clock.now(), seen.retention);
        let recorded = self.stores.releases.note(project, &seen.release, expires_at).await;
        match &recorded {
            Ok(release) => self.caches.releases.insert(project, release.clone()),
            Err(error) if !error.is_transient() => {
                tracing::warn!(project.id = %project, error.message = %error, "failed to record a release");
            }
            Err(_) => {}
        }
        recorded
    }
}

fn list_releases(batches: &[UncountedBatch]) -> Vec<SeenRelease> {
    let mut projects: BTreeMap<ProjectId, BTreeMap<&str, SeenRelease>> = BTreeMap::new();
    for batch in batches.iter().map(|uncounted| &uncounted.batch) {
        let releases = projects.entry(batch.project).or_default();
        for sighting in batch.occurrences.iter().map(|occurrence| &occurrence.sighting) {
            let Some(name) = sighting.release.as_deref() else { continue };
            let at = sighting.received_at;
            if let Some(SeenRelease { release, .. }) = releases.get_mut(name) {
                release.first_seen = release.first_seen.min(at);
                release.last_seen = release.last_seen.max(at);
            } else if releases.len() < MAX_RECORDED_RELEASES {
                let release = Release { name: name.to_owned(), first_seen: at, last_seen: at };
                let retention = batch.settings.retention;
                releases.insert(name, SeenRelease { project: batch.project, retention, release });
            }
        }
    }
    projects.into_values().flat_map(BTreeMap::into_values).collect()
}

fn set_release_times(batch: &mut ErrorBatch, recorded: &RecordedReleases) -> store::Result<()> {
    let Some(releases) = recorded.get(&batch.project) else { return Ok(()) };
    for sighting in batch.occurrences.iter_mut().map(|occurrence| &mut occurrence.sighting) {
        match sighting.release.as_deref().and_then(|name| releases.get(name)) {
            Some(Ok(release)) => sighting.release_since = Some(release.first_seen),
            Some(Err(error)) if error.is_transient() => return Err(error.clone()),
            Some(Err(_)) | None => {}
        }
    }
    Ok(())
}
