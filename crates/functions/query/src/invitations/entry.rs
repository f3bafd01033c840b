//! An invitation as the API shows it.

use model::error::history::Actor;
use model::id::{KeyHash, KeyId, UserId};
use model::time::Timestamp;
use model::user::{MAX_PROJECT_ROLES, UserRole};
use schemars::JsonSchema;
use serde::Serialize;
use store::ports::{Invitation, InvitationKind};

use crate::users::{MemberRole, ProjectNames};

/// A link that works once.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Invitation")]
pub(super) struct InvitationEntry {
    /// The public id of the invitation.
    id: KeyId,
    /// The role in all projects that it gives; null: only in single projects.
    role: Option<UserRole>,
    /// The roles in single projects that it gives.
    #[schemars(length(max = MAX_PROJECT_ROLES))]
    projects: Vec<MemberRole>,
    /// For whom it is: a note of its creator, may be empty.
    note: String,
    /// The existing user whom the link signs in; null: it creates a user.
    signs_in: Option<UserId>,
    /// Who created it.
    by: Actor,
    created_at: Timestamp,
    ends_at: Timestamp,
}

impl InvitationEntry {
    pub(super) fn new(hash: &KeyHash, invitation: &Invitation, names: &ProjectNames) -> Self {
        let (role, projects, note, signs_in) = match &invitation.kind {
            InvitationKind::Join { roles, note } => (roles.everywhere, names.of_roles(roles), note.clone(), None),
            InvitationKind::SignIn(user) => (None, Vec::new(), String::new(), Some(*user)),
        };
        let Invitation { by, created_at, ends_at, .. } = invitation;
        Self {
            id: hash.id(),
            role,
            projects,
            note,
            signs_in,
            by: by.clone(),
            created_at: *created_at,
            ends_at: *ends_at,
        }
    }
}
