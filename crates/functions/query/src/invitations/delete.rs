//! `DELETE /invitations/{id}`: withdraws an invitation.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::delete;
use http::Uri;
use http_common::describe::Description;
use http_common::{Admin, Answer};
use model::audit::{AuditAction, AuditEvent};
use model::id::KeyId;
use model::outcome::Reason;

use super::{check_manages, refuse_unknown};
use crate::Query;
use crate::list::refuse_parameter;

pub(crate) fn route() -> Router<Arc<Query>> {
    Router::new().route("/invitations/{id}", delete(handle))
}

pub(super) fn describe(api: &mut Description) {
    api.operation("delete", "/invitations/{id}", "deleteInvitation", "Withdraws an invitation")
        .path::<KeyId>("id", "the invitation's id, as `GET /invitations` lists it")
        .empty_response(204, "the link does not work any more")
        .error(Reason::ParameterInvalid, "this is not the id of an invitation")
        .error(Reason::InvitationUnknown, "there is no such invitation");
}

async fn handle(State(query): State<Arc<Query>>, admin: Admin, uri: Uri) -> Response {
    query.answer(withdraw(&query, &admin, &uri)).await
}

async fn withdraw(query: &Query, admin: &Admin, uri: &Uri) -> Answer {
    let id = http_common::decode_segment(uri.path().split('/').nth(2).unwrap_or_default());
    let id = KeyId::parse(&id).map_err(|error| refuse_parameter("id", error))?;
    let (hash, invitation) =
        query.stores.invitations.invitation_with_id(id).await?.ok_or_else(|| refuse_unknown(id))?;
    check_manages(admin.caller(), &invitation.kind)?;
    query.stores.invitations.withdraw(&hash).await?;
    query.record(admin.caller(), AuditEvent::new(AuditAction::InvitationWithdrawn).of(id)).await;
    http_common::no_content()
}
