//! `GET /projects/{project}/members`: the users who can be assigned to errors of a project.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use http::Uri;
use http_common::describe::Description;
use http_common::{Answer, ReadableProject};
use model::id::UserId;
use model::user::UserRole;
use schemars::JsonSchema;
use serde::Serialize;

use super::list::MAX_LISTED_USERS;
use crate::Query;
use crate::list::Parameters;

pub(crate) fn route() -> Router<Arc<Query>> {
    Router::new().route("/projects/{project}/members", get(handle))
}

pub(super) fn describe(api: &mut Description) {
    api.operation("get", "/projects/{project}/members", "listMembers", "Lists the users who have a role in a project")
        .description("In the order of their ids. Disabled users are left out. A page may have fewer members than `limit`, and still a next page.")
        .project()
        .limit(MAX_LISTED_USERS, MAX_LISTED_USERS)
        .query::<UserId>("cursor", "`nextCursor` of the previous page")
        .data::<MembersAnswer>(200, "a page of members");
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Members")]
struct MembersAnswer {
    #[schemars(length(max = MAX_LISTED_USERS))]
    members: Vec<MemberEntry>,
    /// The `cursor` of the next page; null on the last page.
    next_cursor: Option<UserId>,
}

/// A user with a role in the project.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Member")]
struct MemberEntry {
    id: UserId,
    name: String,
    /// The role in the project.
    role: UserRole,
    /// Whether the role comes from one in all projects, which only owners of the installation change.
    everywhere: bool,
}

async fn handle(State(query): State<Arc<Query>>, project: ReadableProject, uri: Uri) -> Response {
    query.answer(list(&query, &project, &uri)).await
}

async fn list(query: &Query, project: &ReadableProject, uri: &Uri) -> Answer {
    let parameters = Parameters::parse(uri);
    let limit = parameters.limit(MAX_LISTED_USERS, MAX_LISTED_USERS)?;
    let after = parameters.parsed("cursor", UserId::parse)?;
    let page = query.stores.user_management.users(after, limit).await?;
    let members = page.items.into_iter().filter(|user| !user.disabled).filter_map(|user| {
        let role = user.roles.role_in(project.id)?;
        let everywhere = user.roles.everywhere == Some(role);
        Some(MemberEntry { id: user.id, name: user.name, role, everywhere })
    });
    http_common::data(MembersAnswer { members: members.collect(), next_cursor: page.next })
}
