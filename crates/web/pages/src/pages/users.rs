use askama::Template;

use crate::{Frame, Moment};

/// The roles of users, and what they mean.
pub(crate) const ROLES: [(&str, &str); 3] =
    [("viewer", "viewer: reads"), ("member", "member: works on errors"), ("owner", "owner: changes everything")];
/// The roles in all projects, and the lack of one.
pub(crate) const ROLES_OR_NONE: [(&str, &str); 4] = [
    ("", "single projects only"),
    ("viewer", "viewer: reads"),
    ("member", "member: works on errors"),
    ("owner", "owner: changes everything"),
];

/// The users of the installation, and the form that invites one.
#[derive(Debug, Template)]
#[template(path = "users.html")]
pub struct UsersPage {
    pub frame: Frame,
    /// A link that was just created.
    pub secret: Option<MadeSecret>,
    pub rows: Vec<UserRow>,
    /// URL of the next page.
    pub next: Option<String>,
    pub invitations: Vec<InvitationRow>,
}

/// A secret that was just created. This is the only time it is shown.
#[derive(Clone, Debug)]
pub struct MadeSecret {
    /// A sentence that says what it is.
    pub about: String,
    pub text: String,
}

#[derive(Clone, Debug)]
pub struct UserRow {
    pub id: String,
    pub name: String,
    pub email: Option<String>,
    /// The role in all projects; empty for none.
    pub role: String,
    /// The projects in which the user has a role of its own, and the roles.
    pub projects: Vec<(String, String)>,
    pub created_at: Moment,
    pub disabled: bool,
    /// Whether the visitor is this user.
    pub is_self: bool,
}

/// A link that was not used yet.
#[derive(Clone, Debug)]
pub struct InvitationRow {
    pub id: String,
    /// For whom it is; may be empty.
    pub note: String,
    /// The roles that it gives.
    pub gives: String,
    /// Who created it.
    pub by: String,
    pub ends_at: Moment,
}

impl UserRow {
    fn role_in_words(&self) -> &str {
        if self.role.is_empty() { "single projects only" } else { &self.role }
    }
}
