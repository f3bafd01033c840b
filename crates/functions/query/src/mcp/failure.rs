//! The reason why a tool failed, for the agent that called it.

/// Why a tool could not do what it was asked for, and how to fix it. The agent reads it.
#[derive(Debug)]
pub(super) struct ToolFailure(pub(super) String);

impl ToolFailure {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    pub(super) fn internal() -> Self {
        Self::new("internal error: see faultline's log")
    }
}
