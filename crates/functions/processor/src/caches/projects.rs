use std::sync::Arc;

use formats::inbox::Addressee;
use model::id::ProjectId;
use model::project::{Limits, Retention, TimeUnit};
use scrub::Rules;
use store::Recent;

const MAX_CACHED_PROJECTS: usize = 10_000;

/// The projects that were found lately, by the id or name that messages give.
pub(crate) type ProjectCache = Recent<Addressee, ResolvedProject, MAX_CACHED_PROJECTS>;

/// The project of a message's events, with the settings that the pipeline needs.
#[derive(Clone, Debug)]
pub(crate) struct ResolvedProject {
    pub(crate) id: ProjectId,
    pub(crate) scrubbing: Arc<Rules>,
    /// The span in which thresholds count occurrences.
    pub(crate) time_unit: TimeUnit,
    /// How long occurrences are kept, if it differs from the stack's.
    pub(crate) retention: Option<Retention>,
    pub(crate) limits: Limits,
}
