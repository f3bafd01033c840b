use model::id::{ConfigId, ProjectId};
use store::Recent;

const MAX_CACHED_CONFIGS: usize = 10_000;

/// The posted configs that this process stored lately, which need not be written again.
pub(crate) type ConfigCache = Recent<(ProjectId, ConfigId), (), MAX_CACHED_CONFIGS>;
