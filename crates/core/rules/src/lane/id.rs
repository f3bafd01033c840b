use std::fmt;

use model::id::{ErrorUid, Fingerprint, ProjectId};

/// What names a lane: whose it is, what it is about, and where it leads.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LaneId {
    /// The project.
    pub project: ProjectId,
    /// What it is about.
    pub scope: Scope,
    /// Where it leads: [`Target::destination`](crate::Target::destination).
    pub destination: String,
}

/// What a lane is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// One incarnation of an error.
    Error(ErrorUid),
    /// What a rule collects of all errors: the rule's id.
    Collected(String),
    /// Notifications over the ceiling of a rule, of all errors: the rule's id.
    Overflow(String),
    /// Notifications over the ceiling of posted configs.
    PostedOverflow,
    /// The end of an error's mute.
    Mute(Fingerprint),
    /// The project itself.
    Project,
}

/// The text is no lane's.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not a lane of the outbox")]
pub struct BadLaneId(String);

impl LaneId {
    /// From the project and the text form of the rest.
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

/// Everything but the project.
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
