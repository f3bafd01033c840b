use std::time::Duration;

/// Why a message did not arrive. `what` names the service and what it said, holds no secret, and is for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failed {
    /// It may arrive later.
    #[error("{what}")]
    Later {
        /// How long the destination wants to be left alone, if it said so.
        after: Option<Duration>,
        /// What happened.
        what: String,
    },
    /// It will not, unless somebody changes the target or the destination.
    #[error("{what}")]
    Never {
        /// What happened, and the way out.
        what: String,
    },
}

impl Failed {
    /// A failure that stays.
    pub(crate) fn never(what: impl Into<String>) -> Self {
        Self::Never { what: what.into() }
    }
}
