use std::time::Duration;

use http_common::ReadableProject;
use model::error::ErrorAggregate;
use model::occurrence::Occurrence;
use model::outcome::Refusal;
use symbolicator::Budget;

use crate::Query;

/// How long a request may wait for source maps.
const SOURCE_MAP_TIME: Duration = Duration::from_secs(5);

/// Maps the frames of an occurrence that were not mapped when it was processed: their source map may have come later. Source
/// lines that are added are scrubbed. Frames that cannot be mapped get the reason.
/// Returns whether any frame was mapped.
pub(super) async fn map_frames(query: &Query, project: &ReadableProject, occurrence: &mut Occurrence) -> bool {
    let mut budget = Budget::new(SOURCE_MAP_TIME);
    let is_mapped = query.symbolicator.map(project.id, occurrence, &mut budget, true).await;
    if is_mapped {
        scrub::scrub(occurrence, &project.scrubbing);
    }
    is_mapped
}

/// Returns the other error to which an occurrence of `error` would belong now that it is mapped: the error of events whose
/// source map came in time. Somebody should merge both.
pub(super) async fn find_same_source(
    query: &Query,
    error: &ErrorAggregate,
    occurrence: &Occurrence,
) -> Result<Option<ErrorAggregate>, Refusal> {
    let hashes = grouping::group(occurrence).hashes;
    let keys: Vec<_> = hashes.iter().map(|hash| (error.project, *hash)).collect();
    let owners = query.stores.error_commits.owners(&keys).await?;
    let others: Vec<_> = keys.iter().filter_map(|key| owners.get(key)).copied().collect();
    let others = query.stores.errors.get_many(error.project, &others).await?;
    let is_other = |other: &ErrorAggregate| {
        let is_shown = other.merged_into.is_none() && other.expires_at > query.clock.now();
        is_shown && other.uid != error.uid && !error.has_merged(other)
    };
    Ok(others.into_iter().find(is_other))
}
