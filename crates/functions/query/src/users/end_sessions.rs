//! `POST /users/{id}/end-sessions`: signs a user out everywhere.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use http_common::Answer;
use http_common::describe::Description;
use model::audit::AuditAction;
use model::id::UserId;
use model::outcome::Reason;
use store::ports::UserRecord;

use super::entry::user_event;
use super::managed::ManagedUser;
use crate::Query;

pub(crate) fn route() -> Router<Arc<Query>> {
    Router::new().route("/users/{id}/end-sessions", post(handle))
}

pub(super) fn describe(api: &mut Description) {
    api.operation("post", "/users/{id}/end-sessions", "endSessions", "Signs a user out everywhere")
        .description("For owners of the installation, and for the user. Tokens stay valid.")
        .path::<UserId>("id", "the user's id, as `GET /users` lists it")
        .empty_response(204, "all sessions are over; other processes may show them pages for up to a minute")
        .error(Reason::ParameterInvalid, "this is not the id of a user")
        .error(Reason::UserUnknown, "there is no such user");
}

async fn handle(State(query): State<Arc<Query>>, managed: ManagedUser) -> Response {
    query.answer(end(&query, managed)).await
}

async fn end(query: &Query, managed: ManagedUser) -> Answer {
    let ManagedUser { user, caller } = managed;
    let event = user_event(AuditAction::SessionsEnded, &user);
    let changed = UserRecord { session_epoch: user.session_epoch + 1, ..user };
    let changed = query.stores.user_management.replace_user(&changed).await;
    query.authenticator.forget_user(user.id);
    changed?;
    query.record(&caller, event).await;
    http_common::no_content()
}
