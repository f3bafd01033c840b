use serde::{Deserialize, Serialize};

use model::id::ConfigId;
use model::sealed::Sealed;

/// The notification configs that were posted with a message's events: on their way they are sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notifications {
    /// What names them: the same configs have the same id.
    pub id: ConfigId,
    /// The configs themselves, as a JSON list.
    pub sealed: Sealed,
}
