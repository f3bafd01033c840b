//! `/invitations`: links that work once and create a user.

mod accept;
mod create;
mod delete;
mod entry;
mod list;

use std::sync::Arc;

use axum::Router;
use http_common::Caller;
use http_common::describe::Description;
use model::id::KeyId;
use model::outcome::{Reason, Refusal};
use store::ports::InvitationKind;

use crate::Query;

pub(crate) use accept::Joining;

pub(crate) fn routes() -> Router<Arc<Query>> {
    Router::new().merge(create::route()).merge(list::route()).merge(delete::route()).merge(accept::route())
}

pub(crate) fn describe(api: &mut Description) {
    api.tag("invitations");
    create::describe(api);
    list::describe(api);
    delete::describe(api);
    accept::describe(api);
}

/// Checks that the caller may give, see and withdraw these roles: an owner of the installation all, an owner of
/// projects those in these projects only.
fn check_manages(caller: &Caller, kind: &InvitationKind) -> Result<(), Refusal> {
    match kind {
        InvitationKind::Join { roles, .. } if roles.everywhere.is_none() && !roles.projects.is_empty() => {
            roles.projects.keys().try_for_each(|project| caller.check_admin_of(*project))
        }
        InvitationKind::Join { .. } | InvitationKind::SignIn(_) => caller.check_stack_admin(),
    }
}

fn refuse_unknown(id: KeyId) -> Refusal {
    let message = format!("invitation {id} does not exist: GET /invitations lists all invitations");
    Refusal::new(Reason::InvitationUnknown, message)
}
