//! The projects in which a caller may do something, and refusals of those who may not.

use model::id::ProjectId;
use model::outcome::{Reason, Refusal};
use model::user::{UserRole, UserRoles};
use store::ports::{Role, Scope};

/// The projects in which a caller may do something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// All projects, including future ones.
    All,
    /// These projects.
    Projects(Vec<ProjectId>),
}

impl Reach {
    pub(crate) fn of(scope: &Scope) -> Self {
        match scope {
            Scope::All => Self::All,
            Scope::Project(project, _) => Self::Projects(vec![*project]),
        }
    }
}

/// What a key of this role may do, as the role of a user; `None`: not even read.
pub(crate) fn user_role(role: Role) -> Option<UserRole> {
    match role {
        Role::Client | Role::Upload => None,
        Role::Read => Some(UserRole::Viewer),
        Role::Member => Some(UserRole::Member),
        Role::Admin => Some(UserRole::Owner),
    }
}

/// The projects in which a user has at least this role.
pub(crate) fn reach_as(roles: &UserRoles, role: UserRole) -> Result<Reach, Refusal> {
    if roles.everywhere >= Some(role) {
        return Ok(Reach::All);
    }
    match roles.projects_with(role) {
        none if none.is_empty() => Err(refuse_user_role(role)),
        projects => Ok(Reach::Projects(projects)),
    }
}

pub(crate) fn refuse_user_role(role: UserRole) -> Refusal {
    let message = match role {
        UserRole::Viewer => "you have no role: ask an owner to invite you",
        UserRole::Member => "this needs the role member, and you may act only as a viewer: ask an owner",
        UserRole::Owner => "this needs the role owner: ask an owner",
    };
    refuse_role(message)
}

pub(crate) fn refuse_role(message: &str) -> Refusal {
    Refusal::new(Reason::KeyRole, message)
}
