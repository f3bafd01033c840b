//! `DELETE /users/{id}`

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::delete;
use http_common::Answer;
use http_common::describe::Description;
use model::audit::AuditAction;
use model::id::UserId;
use model::outcome::Reason;

use super::change::refuse_self;
use super::managed::{RemovableUser, refuse_unknown};
use crate::Query;

pub(crate) fn route() -> Router<Arc<Query>> {
    Router::new().route("/users/{id}", delete(handle))
}

pub(super) fn describe(api: &mut Description) {
    api.operation("delete", "/users/{id}", "deleteUser", "Deletes a user, with all tokens")
        .description("Only for owners of the installation. What the user wrote stays in histories, with the name.")
        .path::<UserId>("id", "the user's id, as `GET /users` lists it")
        .empty_response(204, "the user is deleted and cannot change anything any more; other processes may let them read for up to a minute")
        .error(Reason::ParameterInvalid, "this is not the id of a user")
        .error(Reason::UserUnknown, "there is no such user");
}

async fn handle(State(query): State<Arc<Query>>, removable: RemovableUser) -> Response {
    query.answer(delete_user(&query, &removable)).await
}

/// Removes the user first: from then on, no token and no session of it is valid. If this is interrupted, the tokens that
/// are left are removed when the request is repeated.
async fn delete_user(query: &Query, removable: &RemovableUser) -> Answer {
    let RemovableUser { id, user, caller } = removable;
    if caller.user() == Some(*id) {
        return Err(refuse_self());
    }
    query.stores.user_management.remove_user(*id).await?;
    query.authenticator.forget_user(*id);
    query.stores.user_management.remove_tokens(*id).await?;
    match user {
        Some(user) => {
            query.record_user(caller, AuditAction::UserDeleted, Some(user), None).await?;
            http_common::no_content()
        }
        None => Err(refuse_unknown(*id)),
    }
}
