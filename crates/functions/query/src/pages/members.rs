//! `GET /projects/{project}/members` in a browser: the users who have a role in a project.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect};
use http::{Method, Request, Uri};
use serde::Deserialize;
use serde_json::{Value, json};
use web_pages::{MadeSecret, MemberRow, MembersPage};
use web_session::address::{encoded, with_query};
use web_session::{ApiRefusal, Form, PageRefusal, PageResult, Pages, Visit, page};

use super::users::{cursor_of, load_invitations, made_link};
use super::words::explain;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ApiMembers {
    members: Vec<ApiMember>,
    next_cursor: Option<String>,
}

#[derive(Deserialize)]
struct ApiMember {
    id: String,
    name: String,
    role: String,
    everywhere: bool,
}

pub(super) async fn show(
    State(pages): State<Pages>,
    visit: Visit,
    Path(project): Path<String>,
    uri: Uri,
) -> PageResult {
    draw(&pages, &visit, project, &cursor_of(&uri), None).await
}

async fn draw(pages: &Pages, visit: &Visit, project: String, cursor: &str, secret: Option<MadeSecret>) -> PageResult {
    let here = format!("/projects/{}/members", encoded(&project));
    let list: ApiMembers = pages.get(visit, &with_query(&here, [("cursor", cursor)])).await?;
    let invitations = match visit.may_administer() {
        true => load_invitations(pages, visit, Some(&project)).await?,
        false => Vec::new(),
    };
    let own = visit.caller.user().map(|own| own.to_string());
    let row = |member: ApiMember| MemberRow {
        is_self: own.as_ref() == Some(&member.id),
        id: member.id,
        name: member.name,
        role: member.role,
        everywhere: member.everywhere,
    };
    Ok(page(&MembersPage {
        frame: visit.frame_of(&project, &format!("Members of {project}")),
        project,
        secret,
        rows: list.members.into_iter().map(row).collect(),
        next: list.next_cursor.map(|cursor| with_query(&here, [("cursor", cursor.as_str())])),
        invitations,
    }))
}

/// Finds the id of the only member of this name, among the first hundred users. Anybody else is assigned as text.
pub(super) async fn find(
    pages: &Pages,
    visit: &Visit,
    project: &str,
    name: &str,
) -> Result<Option<String>, PageRefusal> {
    if name.is_empty() {
        return Ok(None);
    }
    let list: ApiMembers = pages.get(visit, &format!("/projects/{}/members", encoded(project))).await?;
    let mut same = list.members.into_iter().filter(|member| member.name == name);
    let first = same.next();
    Ok(first.filter(|_| same.next().is_none()).map(|member| member.id))
}

/// The names of the members among the first hundred users, to choose an assignee from.
pub(super) async fn names(pages: &Pages, visit: &Visit, project: &str) -> Result<Vec<String>, PageRefusal> {
    let list: ApiMembers = pages.get(visit, &format!("/projects/{}/members", encoded(project))).await?;
    Ok(list.members.into_iter().map(|member| member.name).collect())
}

/// `POST /pages/projects/{project}/members`: invites somebody to the project, or changes the role of a user there.
pub(super) async fn change(
    State(pages): State<Pages>,
    visit: Visit,
    Path(project): Path<String>,
    request: Request<Body>,
) -> PageResult {
    let form = Form::read_own(&visit, request.into_body()).await?;
    match apply(&pages, &visit, &project, &form).await? {
        Ok(Some(secret)) => draw(&pages, &visit, project, "", Some(secret)).await,
        Ok(None) => {
            let here = format!("/projects/{}/members", encoded(&project));
            Ok(Redirect::to(&with_query(here, [("done", "changed")])).into_response())
        }
        Err(refusal) => {
            let (status, problem) = explain(refusal, &visit)?;
            Ok((status, draw(&pages, &visit.with_problem(problem), project, "", None).await?).into_response())
        }
    }
}

/// Applies a form. Returns the link, if one was created.
async fn apply(
    pages: &Pages,
    visit: &Visit,
    project: &str,
    form: &Form,
) -> Result<Result<Option<MadeSecret>, ApiRefusal>, PageRefusal> {
    let field = |name| form.get(name).unwrap_or_default();
    let user = format!("/users/{}", encoded(field("id")));
    let (method, path, body) = match field("do") {
        "invite" => {
            let body = json!({ "projects": { project: field("role") }, "note": field("note") });
            (Method::POST, "/invitations".to_owned(), body)
        }
        "withdraw" => (Method::DELETE, format!("/invitations/{}", encoded(field("id"))), Value::Null),
        "change" => (Method::PATCH, user, json!({ "projects": { project: field("role") } })),
        "remove" => (Method::PATCH, user, json!({ "projects": { project: null } })),
        _ => return Ok(Ok(None)),
    };
    let is_invitation = field("do") == "invite";
    let answer = pages.try_call(visit, method, &path, &body).await?;
    Ok(answer.map(|data| is_invitation.then(|| made_link(&data, "This link lets one person join the project."))))
}
