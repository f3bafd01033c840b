use std::time::Duration;

/// Why a message was not delivered. `reason` is for people: it names the service and its answer, and contains no
/// secrets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Sending the message again later may work.
    #[error("{reason}")]
    Transient {
        /// The pause that the destination asks for, if any.
        retry_after: Option<Duration>,
        /// The failure, with the name of the service.
        reason: String,
    },
    /// Sending the message again will fail until somebody changes the target or the destination.
    #[error("{reason}")]
    Permanent {
        /// The failure, with the name of the service, and how to fix it.
        reason: String,
    },
}

impl SendError {
    pub fn permanent(reason: impl Into<String>) -> Self {
        Self::Permanent { reason: reason.into() }
    }
}
