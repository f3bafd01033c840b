//! Users: the people who sign in, and what they may do.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::ProjectId;

/// Maximum length of a user's name, in characters.
pub const MAX_USER_NAME: usize = 100;
/// Maximum length of a user's email address, in bytes.
pub const MAX_EMAIL: usize = 254;
/// Maximum number of projects in which a user has a role of its own.
pub const MAX_PROJECT_ROLES: usize = 100;

/// The role of a user, in all projects or in one. Each role may do what the roles before it may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum UserRole {
    /// Read errors and everything that belongs to them. No changes.
    Viewer,
    /// Work on errors: resolve, mute, assign, merge and comment.
    Member,
    /// Everything, including settings, keys, rules and members.
    Owner,
}

impl UserRole {
    /// Parses the word for a role.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Viewer, Self::Member, Self::Owner].into_iter().find(|role| role.as_str() == word)
    }

    /// The word for this role.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Member => "member",
            Self::Owner => "owner",
        }
    }
}

/// The roles of a user. In a project, the higher of the two counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserRoles {
    /// The role in the whole installation: in all projects, including future ones.
    pub everywhere: Option<UserRole>,
    /// The roles in single projects.
    pub projects: BTreeMap<ProjectId, UserRole>,
}

impl UserRoles {
    /// The role in a project.
    pub fn role_in(&self, project: ProjectId) -> Option<UserRole> {
        self.everywhere.max(self.projects.get(&project).copied())
    }

    /// The highest role in any project.
    pub fn highest(&self) -> Option<UserRole> {
        self.everywhere.max(self.projects.values().max().copied())
    }

    /// The projects with a role of their own that is at least `role`.
    pub fn projects_with(&self, role: UserRole) -> Vec<ProjectId> {
        let with = self.projects.iter().filter(|(_, own)| **own >= role);
        with.map(|(project, _)| *project).collect()
    }

    /// The same roles, none of them higher than `most`.
    #[must_use]
    pub fn at_most(&self, most: UserRole) -> Self {
        Self {
            everywhere: self.everywhere.map(|role| role.min(most)),
            projects: self.projects.iter().map(|(project, role)| (*project, (*role).min(most))).collect(),
        }
    }

    /// Adds `more`. Where both have a role, the higher one stays.
    #[must_use]
    pub fn and(mut self, more: &Self) -> Self {
        self.everywhere = self.everywhere.max(more.everywhere);
        for (project, role) in &more.projects {
            let own = self.projects.entry(*project).or_insert(*role);
            *own = (*own).max(*role);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use UserRole::{Member, Owner, Viewer};

    use super::*;

    fn project(number: u64) -> ProjectId {
        ProjectId::new(number).unwrap()
    }

    fn roles(everywhere: Option<UserRole>, projects: &[(u64, UserRole)]) -> UserRoles {
        UserRoles { everywhere, projects: projects.iter().map(|(number, role)| (project(*number), *role)).collect() }
    }

    #[test]
    fn the_higher_role_counts() {
        let both = roles(Some(Member), &[(1, Viewer), (2, Owner)]);
        assert_eq!([1, 2, 3].map(|number| both.role_in(project(number))), [Some(Member), Some(Owner), Some(Member)]);
        assert_eq!(both.highest(), Some(Owner));
        assert_eq!(both.projects_with(Member), [project(2)]);
        let one = roles(None, &[(1, Viewer)]);
        assert_eq!((one.role_in(project(1)), one.role_in(project(2))), (Some(Viewer), None));
        assert_eq!(UserRoles::default().highest(), None);
    }

    #[test]
    fn a_limit_lowers_every_role_and_raises_none() {
        let limited = roles(Some(Viewer), &[(1, Owner), (2, Viewer)]).at_most(Member);
        assert_eq!(limited, roles(Some(Viewer), &[(1, Member), (2, Viewer)]));
    }

    #[test]
    fn an_invitation_takes_no_role_away() {
        let own = roles(Some(Member), &[(1, Owner)]);
        let more = roles(Some(Viewer), &[(1, Viewer), (2, Member)]);
        assert_eq!(own.and(&more), roles(Some(Member), &[(1, Owner), (2, Member)]));
    }
}
