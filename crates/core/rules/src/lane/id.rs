use std::fmt;

use model::id::{ErrorUid, Fingerprint, ProjectId};

/// The id of a lane: its project, its subject and its destination.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LaneId {
    pub project: ProjectId,
    /// The subject of the lane.
    pub scope: Scope,
    /// The destination: [`Target::destination`](crate::Target::destination).
    pub destination: String,
}

/// The subject of a lane.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// One incarnation of an error.
    Error(ErrorUid),
    /// Notifications about all errors that a rule collects into one message, by the rule's id.
    Collected(String),
    /// Notifications over a rule's ceiling, about all errors, by the rule's id.
    Overflow(String),
    /// Notifications over the ceiling of posted configs.
    PostedOverflow,
    /// The end of an error's mute.
    Mute(Fingerprint),
    /// The project itself, for messages that its limits are reached.
    Project,
}

/// The text is not the id of a lane.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not a lane of the outbox")]
pub struct BadLaneId(String);

impl LaneId {
    /// Parses the text form, which leaves out the project.
    pub fn parse(project: ProjectId, text: &str) -> Result<Self, BadLaneId> {
        let bad = || BadLaneId(text.chars().take(80).collect());
        let (scope, destination) = text.rsplit_once('#').ok_or_else(bad)?;
        let scope = match scope.split_once('#') {
            Some(("error", uid)) => Scope::Error(ErrorUid::parse(uid).map_err(|_| bad())?),
            Some(("collected", rule)) => Scope::Collected(rule.to_owned()),
            Some(("held", rule)) => Scope::Overflow(rule.to_owned()),
            Some(("mute", error)) => Scope::Mute(Fingerprint::parse(error).map_err(|_| bad())?),
            None if scope == "held-posted" => Scope::PostedOverflow,
            None if scope == "project" => Scope::Project,
            _ => return Err(bad()),
        };
        Ok(Self { project, scope, destination: destination.to_owned() })
    }
}

/// The text form: everything but the project.
impl fmt::Display for LaneId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.scope {
            Scope::Error(uid) => write!(f, "error#{uid}#{}", self.destination),
            Scope::Collected(rule) => write!(f, "collected#{rule}#{}", self.destination),
            Scope::Overflow(rule) => write!(f, "held#{rule}#{}", self.destination),
            Scope::Mute(error) => write!(f, "mute#{error}#{}", self.destination),
            Scope::PostedOverflow => write!(f, "held-posted#{}", self.destination),
            Scope::Project => write!(f, "project#{}", self.destination),
        }
    }
}
