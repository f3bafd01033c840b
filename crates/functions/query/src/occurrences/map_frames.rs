use std::time::Duration;

use http_common::ReadableProject;
use model::occurrence::Occurrence;
use symbolicator::Budget;

use crate::Query;

/// How long a request may wait for source maps.
const SOURCE_MAP_TIME: Duration = Duration::from_secs(5);

/// Maps the frames of an occurrence that were not mapped when it was processed: their source map may have come later. Source
/// lines that are added are scrubbed. Frames that cannot be mapped get the reason.
pub(super) async fn map_frames(query: &Query, project: &ReadableProject, occurrence: &mut Occurrence) {
    let mut budget = Budget::new(SOURCE_MAP_TIME);
    if query.symbolicator.map(project.id, occurrence, &mut budget, true).await {
        scrub::scrub(occurrence, &project.scrubbing);
    }
}
