use askama::Template;

use super::users::{InvitationRow, MadeSecret};
use crate::Frame;

/// The users who have a role in a project.
#[derive(Debug, Template)]
#[template(path = "members.html")]
pub struct MembersPage {
    pub frame: Frame,
    pub project: String,
    /// A link that was just created.
    pub secret: Option<MadeSecret>,
    pub rows: Vec<MemberRow>,
    /// URL of the next page.
    pub next: Option<String>,
    pub invitations: Vec<InvitationRow>,
}

#[derive(Clone, Debug)]
pub struct MemberRow {
    pub id: String,
    pub name: String,
    /// `viewer`, `member` or `owner`.
    pub role: String,
    /// Whether the role is one in all projects.
    pub everywhere: bool,
    /// Whether the visitor is this user.
    pub is_self: bool,
}

impl MembersPage {
    fn here(&self) -> String {
        format!("/pages{}/members", crate::address::project(&self.project))
    }
}
