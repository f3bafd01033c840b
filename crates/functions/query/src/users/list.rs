//! `GET /users?limit=&cursor=`: all users, in the order of their ids.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use http::Uri;
use http_common::describe::Description;
use http_common::{Answer, StackAdmin};
use model::id::UserId;
use schemars::JsonSchema;
use serde::Serialize;

use super::UserEntry;
use crate::Query;
use crate::list::Parameters;

/// The most users per page.
pub(super) const MAX_LISTED_USERS: usize = 100;

pub(crate) fn route() -> Router<Arc<Query>> {
    Router::new().route("/users", get(handle))
}

pub(super) fn describe(api: &mut Description) {
    api.operation("get", "/users", "listUsers", "Lists users, in the order of their ids")
        .description("Only for owners of the installation, and with an admin key for all projects.")
        .limit(MAX_LISTED_USERS, MAX_LISTED_USERS)
        .query::<UserId>("cursor", "`nextCursor` of the previous page")
        .data::<UsersAnswer>(200, "a page of users");
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Users")]
struct UsersAnswer {
    #[schemars(length(max = MAX_LISTED_USERS))]
    users: Vec<UserEntry>,
    /// The `cursor` of the next page; null on the last page.
    next_cursor: Option<UserId>,
}

async fn handle(State(query): State<Arc<Query>>, admin: StackAdmin, uri: Uri) -> Response {
    query.answer(list(&query, &admin, &uri)).await
}

async fn list(query: &Query, admin: &StackAdmin, uri: &Uri) -> Answer {
    let parameters = Parameters::parse(uri);
    let limit = parameters.limit(MAX_LISTED_USERS, MAX_LISTED_USERS)?;
    let after = parameters.parsed("cursor", UserId::parse)?;
    let page = query.stores.user_management.users(after, limit).await?;
    let names = query.project_names(page.items.iter().map(|user| &user.roles)).await?;
    let users = page.items.iter().map(|user| UserEntry::new(user, &names, admin.caller())).collect();
    http_common::data(UsersAnswer { users, next_cursor: page.next })
}
