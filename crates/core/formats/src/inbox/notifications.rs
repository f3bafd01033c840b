use serde::{Deserialize, Serialize};

use model::id::ConfigId;
use model::sealed::Sealed;

/// The notification configs that were posted with a message's events. They are sealed in the inbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notifications {
    /// The id of the configs. The same configs have the same id.
    pub id: ConfigId,
    /// The configs themselves, as a sealed JSON list.
    pub sealed: Sealed,
}
