use std::time::Duration;

/// Why a message was not delivered. `reason` names the service and its answer, holds no secret, and is for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Sending it again later may work.
    #[error("{reason}")]
    Transient {
        /// How long the destination asks to be left alone, if it says so.
        retry_after: Option<Duration>,
        /// What happened.
        reason: String,
    },
    /// Sending it again fails, unless somebody changes the target or the destination.
    #[error("{reason}")]
    Permanent {
        /// What happened, and how to fix it.
        reason: String,
    },
}

impl SendError {
    /// A permanent failure.
    pub(crate) fn permanent(reason: impl Into<String>) -> Self {
        Self::Permanent { reason: reason.into() }
    }
}
