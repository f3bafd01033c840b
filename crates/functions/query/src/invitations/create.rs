//! `POST /invitations`: creates a link, which is shown only in this answer.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use http::Request;
use http_common::describe::Description;
use http_common::{Admin, Answer, BaseUrl};
use model::audit::{AuditAction, AuditEvent};
use model::id::Key;
use model::outcome::{Reason, Refusal};
use model::user::{MAX_PROJECT_ROLES, UserRole, UserRoles};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::ports::{Invitation, InvitationKind};

use super::check_manages;
use super::entry::InvitationEntry;
use crate::Query;
use crate::body::{parse_body, some_of};
use crate::join_link::link_to;
use crate::users::{USER_NAME_PATTERN, parse_role, project_names};

/// How long an invitation is valid, in seconds: seven days.
const VALID_SECONDS: i64 = 7 * 86_400;
/// The longest note, in characters.
const MAX_NOTE: usize = 200;

const FORM: &str = "an object with `role` (`viewer`, `member` or `owner`), or `projects` (roles by the names of projects), or both, \
                    and optionally `note`";

pub(crate) fn route() -> Router<Arc<Query>> {
    Router::new().route("/invitations", post(handle))
}

pub(super) fn describe(api: &mut Description) {
    api.operation("post", "/invitations", "createInvitation", "Creates an invitation")
        .description(
            "The link works once, within seven days. Owners of the installation can give every role, owners of projects roles in \
             these projects.",
        )
        .body::<InvitationToMake>(json!({ "projects": { "shop": "member" }, "note": "for Ada" }))
        .data::<CreatedInvitation>(201, "the invitation and its link, which is shown only in this answer")
        .error(Reason::ProjectName, "this is not a valid project name")
        .error(Reason::ProjectUnknown, "there is no such project");
}

/// An invitation to create.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("anyOf" = some_of(&["role", "projects"], &[])))]
struct InvitationToMake {
    /// The role in all projects.
    #[schemars(with = "Option<UserRole>")]
    role: Option<String>,
    /// Roles in single projects, by the names of the projects.
    #[schemars(
        with = "Option<BTreeMap<String, UserRole>>",
        extend("minProperties" = 1, "maxProperties" = MAX_PROJECT_ROLES, "propertyNames" = project_names())
    )]
    projects: Option<BTreeMap<String, String>>,
    /// For whom the invitation is.
    #[schemars(length(max = MAX_NOTE), regex(pattern = USER_NAME_PATTERN))]
    note: Option<String>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct CreatedInvitation {
    invitation: InvitationEntry,
    /// The URL to give to the person.
    link: String,
    /// The secret part of the link, for `POST /invitations/accept`.
    token: String,
}

async fn handle(State(query): State<Arc<Query>>, admin: Admin, request: Request<Body>) -> Response {
    let base = BaseUrl::from_request(request.headers(), request.extensions());
    query.answer(create(&query, &admin, &base, request)).await
}

async fn create(query: &Query, admin: &Admin, base: &BaseUrl, request: Request<Body>) -> Answer {
    let InvitationToMake { role, projects, note } = parse_body(request, FORM).await?;
    let note = note.unwrap_or_default();
    if note.chars().count() > MAX_NOTE || note.chars().any(char::is_control) {
        let message = format!("`note` may have at most {MAX_NOTE} characters, and no control characters");
        return Err(Refusal::new(Reason::BodyInvalid, message).at(["note"]));
    }
    let projects = projects.unwrap_or_default();
    if projects.len() > MAX_PROJECT_ROLES || (role.is_none() && projects.is_empty()) {
        let message = format!("an invitation gives `role`, or roles in 1 to {MAX_PROJECT_ROLES} `projects`");
        return Err(Refusal::new(Reason::BodyInvalid, message).at(["projects"]));
    }
    let everywhere = role.as_deref().map(|word| parse_role(word, ["role"])).transpose()?;
    let mut roles = UserRoles { everywhere, ..UserRoles::default() };
    for (name, word) in &projects {
        let project = admin.load_project(query, &http_common::parse_project_name(name)?).await?;
        roles.projects.insert(project.id, parse_role(word, ["projects", name])?);
    }
    let kind = InvitationKind::Join { roles: roles.clone(), note };
    check_manages(admin.caller(), &kind)?;

    let (now, token) = (query.clock.now(), Key::from_random(query.clock.random().to_be_bytes()));
    let ends_at = now.plus_seconds(VALID_SECONDS);
    let invitation = Invitation { kind, by: admin.caller().actor(), created_at: now, ends_at };
    query.add_invitation(admin.caller(), &token.hash(), &invitation).await?;
    let names = query.project_names([&roles]).await?;
    let entry = InvitationEntry::new(&token.hash(), &invitation, &names);
    let event = AuditEvent::new(AuditAction::InvitationCreated).of(token.hash().id());
    query.record(admin.caller(), event.changing(&Value::Null, &entry)).await;
    http_common::created_data(CreatedInvitation {
        invitation: entry,
        link: link_to(base, &token),
        token: token.reveal().to_owned(),
    })
}
