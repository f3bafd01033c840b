use model::id::{ConfigId, ProjectId};
use store::Recent;

const MAX_CACHED_CONFIGS: usize = 10_000;

/// Posted configs that this process stored recently, so it need not write them again.
pub(crate) type ConfigCache = Recent<(ProjectId, ConfigId), (), MAX_CACHED_CONFIGS>;
