//! `PATCH /users/{id}`: changes the name, the roles, or whether the user is disabled.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::patch;
use http::Request;
use http_common::describe::Description;
use http_common::{Admin, Answer, Caller, Reader};
use model::audit::AuditAction;
use model::id::UserId;
use model::outcome::{Reason, Refusal};
use model::user::{MAX_EMAIL, MAX_PROJECT_ROLES, MAX_USER_NAME, UserRole};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use store::ports::UserRecord;

use super::managed::{parse_id, refuse_unknown};
use super::show::ShownUser;
use super::{EMAIL_PATTERN, USER_NAME_PATTERN, check_email, check_user_name, parse_role, project_names};
use crate::Query;
use crate::body::{deserialize_some, parse_body, some_of};

const FORM: &str = "an object with one or more of `name`: text, `email`: text or null, `role`: a role or null, `projects`: roles by \
     the names of projects, and `disabled`: true or false";

pub(crate) fn route() -> Router<Arc<Query>> {
    Router::new().route("/users/{id}", patch(handle))
}

pub(super) fn describe(api: &mut Description) {
    api.operation("patch", "/users/{id}", "updateUser", "Changes the name, roles or state of a user")
        .description(
            "Users change their own `name` and `email`. Owners of the installation change everything, but not their own role. \
             Owners of a project change the roles in that project.",
        )
        .path::<UserId>("id", "the user's id, as `GET /users` lists it")
        .body::<UserPatch>(json!({ "projects": { "shop": "member" } }))
        .data::<ShownUser>(200, "the user as it is now; what is taken away ends at once, except that other processes may still answer reads for up to a minute")
        .error(Reason::ParameterInvalid, "this is not the id of a user")
        .error(Reason::UserUnknown, "there is no such user")
        .error(Reason::ProjectName, "this is not a valid project name")
        .error(Reason::ProjectUnknown, "there is no such project");
}

/// The changes of a user: one or more.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "UserChange", extend("anyOf" = some_of(&["name", "projects", "disabled"], &["email", "role"])))]
struct UserPatch {
    /// The name that others see.
    #[schemars(length(min = 1, max = MAX_USER_NAME), regex(pattern = USER_NAME_PATTERN))]
    name: Option<String>,
    #[serde(default, deserialize_with = "deserialize_some")]
    #[schemars(with = "Option<String>", length(max = MAX_EMAIL), regex(pattern = EMAIL_PATTERN))]
    email: Option<Option<String>>,
    /// The role in all projects; null: only in single projects.
    #[serde(default, deserialize_with = "deserialize_some")]
    #[schemars(with = "Option<UserRole>")]
    role: Option<Option<String>>,
    /// Roles in single projects, by the names of the projects; null takes the role away.
    #[schemars(
        with = "Option<BTreeMap<String, Option<UserRole>>>",
        extend("maxProperties" = MAX_PROJECT_ROLES, "propertyNames" = project_names())
    )]
    projects: Option<BTreeMap<String, Option<String>>>,
    /// Whether the user is disabled.
    disabled: Option<bool>,
}

impl UserPatch {
    fn is_empty(&self) -> bool {
        let Self { name, email, role, projects, disabled } = self;
        name.is_none() && email.is_none() && role.is_none() && projects.is_none() && disabled.is_none()
    }
}

async fn handle(State(query): State<Arc<Query>>, reader: Reader, request: Request<Body>) -> Response {
    query.answer(change(&query, reader.caller(), request)).await
}

async fn change(query: &Query, caller: &Caller, request: Request<Body>) -> Answer {
    let id = parse_id(request.uri())?;
    let is_self = caller.user() == Some(id);
    // Owners of single projects may be about to change roles there: `apply` checks each part of the change.
    if !is_self {
        caller.check_admin()?;
    }
    let patch: UserPatch = parse_body(request, FORM).await?;
    if patch.is_empty() {
        return Err(Refusal::new(Reason::BodyInvalid, format!("the body changes nothing: send {FORM}")));
    }
    let user = query.stores.users.user_consistently(id).await?.ok_or_else(|| refuse_unknown(id))?;
    let wanted = apply(query, caller, is_self, &user, patch).await?;
    if wanted == user {
        let user = query.show_user(&user, caller).await?;
        return http_common::data(ShownUser { user });
    }
    let changed = query.stores.user_management.replace_user(&wanted).await;
    query.authenticator.forget_user(id);
    let changed = changed?;
    query.record_user(caller, AuditAction::UserChanged, Some(&user), Some(&changed)).await?;
    let user = query.show_user(&changed, caller).await?;
    http_common::data(ShownUser { user })
}

/// Returns the user with the changes, if the caller may make all of them.
async fn apply(
    query: &Query,
    caller: &Caller,
    is_self: bool,
    user: &UserRecord,
    patch: UserPatch,
) -> Result<UserRecord, Refusal> {
    let UserPatch { name, email, role, projects, disabled } = patch;
    let mut wanted = user.clone();
    if (name.is_some() || email.is_some()) && !is_self {
        caller.check_stack_admin()?;
    }
    if (role.is_some() || disabled.is_some() || projects.is_some()) && is_self {
        return Err(refuse_self());
    }
    if role.is_some() || disabled.is_some() {
        caller.check_stack_admin()?;
    }
    if let Some(name) = name {
        check_user_name(&name)?;
        wanted.name = name;
    }
    if let Some(email) = email {
        email.as_deref().map_or(Ok(()), check_email)?;
        wanted.email = email;
    }
    if let Some(role) = role {
        wanted.roles.everywhere = role.as_deref().map(|word| parse_role(word, ["role"])).transpose()?;
    }
    if let Some(disabled) = disabled {
        wanted.disabled = disabled;
    }
    for (name, role) in projects.into_iter().flatten() {
        let project = http_common::parse_project_name(&name)?;
        let project = Admin::check(caller.clone())?.load_project(query, &project).await?;
        match role {
            Some(word) => wanted.roles.projects.insert(project.id, parse_role(&word, ["projects", &name])?),
            None => wanted.roles.projects.remove(&project.id),
        };
    }
    if wanted.roles.projects.len() > MAX_PROJECT_ROLES {
        let message =
            format!("a user can have roles in at most {MAX_PROJECT_ROLES} single projects: give one in all projects");
        return Err(Refusal::new(Reason::BodyInvalid, message).at(["projects"]));
    }
    Ok(wanted)
}

/// Nobody raises or loses rights by their own hand: a mistake would lock them out.
pub(super) fn refuse_self() -> Refusal {
    let message =
        "you cannot change your own role, disable or delete yourself: ask another owner, or use the admin key";
    Refusal::new(Reason::KeyRole, message)
}
