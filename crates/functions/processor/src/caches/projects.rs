use std::sync::Arc;

use formats::inbox::Addressee;
use model::id::ProjectId;
use model::project::{Limits, Retention, TimeUnit};
use scrub::Rules;
use store::Recent;

const MAX_CACHED_PROJECTS: usize = 10_000;

/// Projects that were found recently, by the id or name in the message.
pub(crate) type ProjectCache = Recent<Addressee, ResolvedProject, MAX_CACHED_PROJECTS>;

/// The project that a message belongs to, with the settings that the pipeline needs.
#[derive(Clone, Debug)]
pub(crate) struct ResolvedProject {
    pub(crate) id: ProjectId,
    pub(crate) scrubbing: Arc<Rules>,
    /// The unit of time in which thresholds count occurrences.
    pub(crate) time_unit: TimeUnit,
    /// How long occurrences are kept, if it differs from the stack's default.
    pub(crate) retention: Option<Retention>,
    pub(crate) limits: Limits,
}
