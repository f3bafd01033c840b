//! `GET /users/me`: who is asking, and what the caller may do.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use http_common::describe::Description;
use http_common::{Answer, Reader};
use model::id::{KeyId, UserId};
use model::user::{MAX_PROJECT_ROLES, UserRole};
use schemars::JsonSchema;
use serde::Serialize;

use super::MemberRole;
use crate::Query;

pub(crate) fn route() -> Router<Arc<Query>> {
    Router::new().route("/users/me", get(handle))
}

pub(super) fn describe(api: &mut Description) {
    api.operation("get", "/users/me", "getCaller", "Says who is asking, and what the caller may do")
        .description("For users and for keys that may read.")
        .data::<CallerEntry>(200, "the caller");
}

/// The caller of a request.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Caller")]
struct CallerEntry {
    /// The name that histories have.
    name: String,
    /// The user; null for a key.
    user: Option<UserId>,
    /// The key or the personal access token; null for the admin key of the stack, and for a session.
    key: Option<KeyId>,
    /// The role in all projects; null: only in single projects. A read key is a viewer, an admin key an owner.
    role: Option<UserRole>,
    /// The roles in single projects.
    #[schemars(length(max = MAX_PROJECT_ROLES))]
    projects: Vec<MemberRole>,
}

async fn handle(State(query): State<Arc<Query>>, reader: Reader) -> Response {
    query.answer(show(&query, &reader)).await
}

async fn show(query: &Query, reader: &Reader) -> Answer {
    let caller = reader.caller();
    let roles = caller.roles();
    let projects = query.project_names([&roles]).await?.of_roles(&roles);
    let name = caller.actor().to_string();
    http_common::data(CallerEntry { name, user: caller.user(), key: caller.key(), role: roles.everywhere, projects })
}
