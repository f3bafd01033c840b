//! `GET /users` in a browser: the users of the installation, for its owners.

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use futures_util::future::try_join;
use http::{Method, Request, Uri};
use http_common::parse_query;
use model::error::history::Actor;
use model::time::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use web_pages::{InvitationRow, MadeSecret, Moment, UserRow, UsersPage};
use web_session::address::{encoded, with_query};
use web_session::{ApiRefusal, Form, PageRefusal, PageResult, Pages, Visit, page};

use super::words::explain;

/// The number of users on a page.
const USERS_PER_PAGE: usize = 50;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ApiUsers {
    users: Vec<ApiUser>,
    next_cursor: Option<String>,
}

/// A user, as the API shows it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ApiUser {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) email: Option<String>,
    pub(super) role: Option<String>,
    projects: Vec<ApiProjectRole>,
    created_at: Timestamp,
    disabled: bool,
    pub(super) has_sign_in_key: bool,
}

#[derive(Deserialize)]
struct ApiProjectRole {
    project: String,
    role: String,
}

#[derive(Deserialize)]
struct ApiInvitations {
    invitations: Vec<ApiInvitation>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ApiInvitation {
    id: String,
    role: Option<String>,
    projects: Vec<ApiProjectRole>,
    note: String,
    signs_in: Option<String>,
    by: Actor,
    ends_at: Timestamp,
}

impl ApiUser {
    pub(super) fn take_projects(&mut self) -> Vec<(String, String)> {
        std::mem::take(&mut self.projects).into_iter().map(|own| (own.project, own.role)).collect()
    }

    fn into_row(mut self, visit: &Visit) -> UserRow {
        UserRow {
            projects: self.take_projects(),
            is_self: visit.caller.user().is_some_and(|own| own.to_string() == self.id),
            id: self.id,
            name: self.name,
            email: self.email,
            role: self.role.unwrap_or_default(),
            created_at: Moment::new(self.created_at, visit.now),
            disabled: self.disabled,
        }
    }
}

impl ApiInvitation {
    fn into_row(self, visit: &Visit) -> InvitationRow {
        let everywhere = self.role.map(|role| format!("{role} of all projects"));
        let single = self.projects.into_iter().map(|own| format!("{} of {}", own.role, own.project));
        let gives = match &self.signs_in {
            Some(user) => format!("signs user {user} in"),
            None => everywhere.into_iter().chain(single).collect::<Vec<_>>().join(", "),
        };
        let (by, ends_at) = (self.by.to_string(), Moment::new(self.ends_at, visit.now));
        InvitationRow { id: self.id, note: self.note, gives, by, ends_at }
    }
}

/// Loads the invitations that the visitor may withdraw. With a project: those that give a role there.
pub(super) async fn load_invitations(
    pages: &Pages,
    visit: &Visit,
    project: Option<&str>,
) -> Result<Vec<InvitationRow>, PageRefusal> {
    let ApiInvitations { mut invitations } = pages.get(visit, "/invitations").await?;
    if let Some(project) = project {
        invitations.retain(|one| one.projects.iter().any(|own| own.project == project));
    }
    Ok(invitations.into_iter().map(|one| one.into_row(visit)).collect())
}

/// The link in an answer of the API.
pub(super) fn made_link(data: &Value, about: &str) -> MadeSecret {
    MadeSecret { about: about.to_owned(), text: data["link"].as_str().unwrap_or_default().to_owned() }
}

/// The cursor of the request, as a parameter.
pub(super) fn cursor_of(uri: &Uri) -> String {
    let cursor = parse_query(uri.query()).into_iter().find(|(name, _)| name == "cursor");
    cursor.map(|(_, cursor)| cursor).unwrap_or_default()
}

pub(super) async fn show(State(pages): State<Pages>, visit: Visit, uri: Uri) -> PageResult {
    draw(&pages, &visit, &cursor_of(&uri), None).await
}

async fn draw(pages: &Pages, visit: &Visit, cursor: &str, secret: Option<MadeSecret>) -> PageResult {
    let path = with_query("/users", [("limit", USERS_PER_PAGE.to_string().as_str()), ("cursor", cursor)]);
    let users = pages.get::<ApiUsers>(visit, &path);
    let (users, invitations) = try_join(users, load_invitations(pages, visit, None)).await?;
    Ok(page(&UsersPage {
        frame: visit.frame("Users"),
        secret,
        rows: users.users.into_iter().map(|user| user.into_row(visit)).collect(),
        next: users.next_cursor.map(|cursor| with_query("/users", [("cursor", cursor.as_str())])),
        invitations,
    }))
}

/// `POST /pages/users`: invites a user, or changes one. A new link is shown only in this answer.
pub(super) async fn change(State(pages): State<Pages>, visit: Visit, request: Request<Body>) -> PageResult {
    let form = Form::read_own(&visit, request.into_body()).await?;
    match apply(&pages, &visit, &form).await? {
        Ok(Some(secret)) => draw(&pages, &visit, "", Some(secret)).await,
        Ok(None) => Ok(Redirect::to("/users?done=changed").into_response()),
        Err(refusal) => {
            let (status, problem) = explain(refusal, &visit)?;
            Ok((status, draw(&pages, &visit.with_problem(problem), "", None).await?).into_response())
        }
    }
}

/// Applies a form. Returns the link, if one was created.
async fn apply(
    pages: &Pages,
    visit: &Visit,
    form: &Form,
) -> Result<Result<Option<MadeSecret>, ApiRefusal>, PageRefusal> {
    let field = |name| form.get(name).unwrap_or_default();
    let user = format!("/users/{}", encoded(field("id")));
    let role = Some(field("role")).filter(|role| !role.is_empty());
    let (method, path, body, about) = match field("do") {
        "invite" => {
            let body = json!({ "role": field("role"), "note": field("note") });
            (Method::POST, "/invitations".to_owned(), body, Some("This link lets one person join."))
        }
        "withdraw" => (Method::DELETE, format!("/invitations/{}", encoded(field("id"))), Value::Null, None),
        "change" => (Method::PATCH, user, json!({ "role": role }), None),
        "disable" => (Method::PATCH, user, json!({ "disabled": true }), None),
        "enable" => (Method::PATCH, user, json!({ "disabled": false }), None),
        "end-sessions" => (Method::POST, format!("{user}/end-sessions"), Value::Null, None),
        "sign-in-link" => {
            let about = "This link signs the user in, once, within an hour. Give it to nobody else.";
            (Method::POST, format!("{user}/sign-in-link"), Value::Null, Some(about))
        }
        "delete" => (Method::DELETE, user, Value::Null, None),
        _ => return Ok(Ok(None)),
    };
    let answer = pages.try_call(visit, method, &path, &body).await?;
    Ok(answer.map(|data| about.map(|about| made_link(&data, about))))
}
