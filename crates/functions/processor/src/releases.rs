//! Records when each release was first seen in its project.
//!
//! This happens before the commit, because the commit decides whether an error is resolved in a release by when that
//! release was first seen. A process records a release once an hour, and whenever an occurrence was received earlier
//! than the recorded time.

use std::collections::BTreeMap;

use futures_util::stream::{StreamExt, iter};
use model::id::ProjectId;
use model::project::Retention;
use store::ports::Release;

use crate::caches::StoredError;
use crate::duplicates::UncountedBatch;
use crate::error_batch::{ErrorBatch, FailedBatch};
use crate::processor::Processor;

/// The most releases of a project that one attempt records. This limits the cost of a project that sends another
/// release with every event.
const MAX_RECORDED_RELEASES: usize = 50;
const MAX_CONCURRENT_WRITES: usize = 8;

/// The releases of an attempt by name, with the result of recording them.
type RecordedReleases = BTreeMap<ProjectId, BTreeMap<String, store::Result<Release>>>;

/// Occurrences that carry the time at which their release was first seen.
pub(crate) struct ReleasedBatch {
    pub(crate) batch: ErrorBatch,
    pub(crate) stored: StoredError,
}

/// When occurrences of a release in these batches were first and last received.
struct SeenRelease {
    project: ProjectId,
    retention: Option<Retention>,
    release: Release,
}

impl Processor {
    /// Records the releases of these batches, and sets the time at which each was first seen on its occurrences. A
    /// batch fails if recording its release failed with a transient error. Any other error is logged, and the batch
    /// goes on without that time.
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
