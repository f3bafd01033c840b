//! `GET /users/{id}`

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use http_common::Answer;
use http_common::describe::Description;
use model::id::UserId;
use model::outcome::Reason;
use schemars::JsonSchema;
use serde::Serialize;

use super::UserEntry;
use super::managed::ManagedUser;
use crate::Query;

pub(crate) fn route() -> Router<Arc<Query>> {
    Router::new().route("/users/{id}", get(handle))
}

pub(super) fn describe(api: &mut Description) {
    api.operation("get", "/users/{id}", "getUser", "Shows a user")
        .description("For owners of the installation, and for the user.")
        .path::<UserId>("id", "the user's id, as `GET /users` lists it")
        .data::<ShownUser>(200, "the user")
        .error(Reason::ParameterInvalid, "this is not the id of a user")
        .error(Reason::UserUnknown, "there is no such user");
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub(super) struct ShownUser {
    pub(super) user: UserEntry,
}

async fn handle(State(query): State<Arc<Query>>, managed: ManagedUser) -> Response {
    query.answer(show(&query, &managed)).await
}

async fn show(query: &Query, managed: &ManagedUser) -> Answer {
    let user = query.show_user(&managed.user, &managed.caller).await?;
    http_common::data(ShownUser { user })
}
