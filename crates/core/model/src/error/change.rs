use super::{Mute, Resolution, Status};
use crate::time::Timestamp;

/// What somebody changes of an error at once; what is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErrorChange {
    /// Whether it matters.
    pub status: Option<StatusChange>,
    /// Who is to look after it; `Some(None)`: nobody.
    pub assignee: Option<Option<String>>,
}

/// A status, with what goes with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatusChange {
    /// It matters.
    Unresolved,
    /// It is mended: everywhere, or from the next release on.
    Resolved(Option<Resolution>),
    /// Nobody wants to hear of it for this long.
    Muted(Mute),
    /// Its mute was until this moment, which has passed. Nothing is changed if it is muted in another way already.
    Unmuted {
        /// When the mute ended.
        at: Timestamp,
    },
}

impl StatusChange {
    /// The status alone.
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
        Self { status: Some(status), assignee: None }
    }
}
