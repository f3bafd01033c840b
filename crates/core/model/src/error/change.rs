use super::{Mute, Resolution, Status};
use crate::id::UserId;
use crate::time::Timestamp;

/// A change that somebody makes to an error. Fields that are `None` stay as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErrorChange {
    pub status: Option<StatusChange>,
    /// The new assignee. `Some(None)` unassigns the error.
    pub assignee: Option<Option<String>>,
    /// The user who is the new assignee. `None`: the assignee is text only.
    pub assignee_user: Option<UserId>,
}

/// A new status with its details.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatusChange {
    Unresolved,
    /// Marks the error as resolved: in all releases, or from the next release on.
    Resolved(Option<Resolution>),
    Muted(Mute),
    /// Ends a mute whose time is over. Changes nothing if the error has been muted in another way since.
    Unmuted {
        /// The end of the mute's time.
        at: Timestamp,
    },
}

impl StatusChange {
    /// The status without its details.
    pub fn status(&self) -> Status {
        match self {
            Self::Unresolved | Self::Unmuted { .. } => Status::Unresolved,
            Self::Resolved(_) => Status::Resolved,
            Self::Muted(_) => Status::Muted,
        }
    }
}

impl From<StatusChange> for ErrorChange {
    fn from(status: StatusChange) -> Self {
        Self { status: Some(status), ..Self::default() }
    }
}
