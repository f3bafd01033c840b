//! `GET /invitations?limit=&cursor=`: the invitations that were not used yet.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use http::Uri;
use http_common::describe::Description;
use http_common::{Admin, Answer};
use model::id::KeyId;
use model::user::UserRoles;
use schemars::JsonSchema;
use serde::Serialize;
use store::ports::{Invitation, InvitationKind};

use super::check_manages;
use super::entry::InvitationEntry;
use crate::Query;
use crate::list::Parameters;

/// The most invitations per page.
const MAX_LISTED_INVITATIONS: usize = 100;

pub(crate) fn route() -> Router<Arc<Query>> {
    Router::new().route("/invitations", get(handle))
}

pub(super) fn describe(api: &mut Description) {
    api.operation("get", "/invitations", "listInvitations", "Lists the invitations that were not used yet")
        .description(
            "In the order of their ids. Owners of projects see invitations to these projects only. A page may have fewer invitations \
             than `limit`, and still a next page.",
        )
        .limit(MAX_LISTED_INVITATIONS, MAX_LISTED_INVITATIONS)
        .query::<KeyId>("cursor", "`nextCursor` of the previous page")
        .data::<InvitationsAnswer>(200, "a page of invitations");
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Invitations")]
struct InvitationsAnswer {
    #[schemars(length(max = MAX_LISTED_INVITATIONS))]
    invitations: Vec<InvitationEntry>,
    /// The `cursor` of the next page; null on the last page.
    next_cursor: Option<KeyId>,
}

async fn handle(State(query): State<Arc<Query>>, admin: Admin, uri: Uri) -> Response {
    query.answer(list(&query, &admin, &uri)).await
}

async fn list(query: &Query, admin: &Admin, uri: &Uri) -> Answer {
    let parameters = Parameters::parse(uri);
    let limit = parameters.limit(MAX_LISTED_INVITATIONS, MAX_LISTED_INVITATIONS)?;
    let after = parameters.parsed("cursor", KeyId::parse)?;
    let page = query.stores.invitations.invitations(after, limit).await?;
    let now = query.clock.now();
    let is_shown =
        |invitation: &Invitation| now < invitation.ends_at && check_manages(admin.caller(), &invitation.kind).is_ok();
    let shown: Vec<_> = page.items.iter().filter(|(_, invitation)| is_shown(invitation)).collect();
    let names = query.project_names(shown.iter().filter_map(|(_, invitation)| given_roles(invitation))).await?;
    let entries = shown.into_iter().map(|(hash, invitation)| InvitationEntry::new(hash, invitation, &names));
    http_common::data(InvitationsAnswer { invitations: entries.collect(), next_cursor: page.next })
}

fn given_roles(invitation: &Invitation) -> Option<&UserRoles> {
    match &invitation.kind {
        InvitationKind::Join { roles, .. } => Some(roles),
        InvitationKind::SignIn(_) => None,
    }
}
