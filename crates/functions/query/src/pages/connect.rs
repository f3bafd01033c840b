//! `GET /projects/{project}/connect`: how an application sends its errors here.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use http::{Method, Request};
use http_common::BaseUrl;
use model::id::ProjectId;
use serde::Deserialize;
use serde_json::json;
use web_pages::Connect;
use web_session::address::encoded;
use web_session::{Form, PageRefusal, PageResult, Pages, Visit, page};

use super::errors::has_any_events;

/// The placeholder for a key that is not shown.
const KEY_PLACEHOLDER: &str = "CLIENT-KEY";

#[derive(Deserialize)]
struct ProjectAnswer {
    project: NumberedProject,
}

#[derive(Deserialize)]
struct NumberedProject {
    id: ProjectId,
}

pub(super) async fn show(
    State(pages): State<Pages>,
    visit: Visit,
    Path(name): Path<String>,
    request: Request<Body>,
) -> PageResult {
    let base = BaseUrl::from_request(request.headers(), request.extensions());
    let has_events = has_any_events(&pages, &visit, &name).await?;
    let id = load_number(&pages, &visit, &name).await?;
    Ok(draw(&visit, &name, &base, &id, &NewKeys::default(), has_events))
}

/// Draws the page of a project whose client key was just created.
pub(super) fn draw_made(visit: &Visit, name: &str, base: &BaseUrl, id: &str, key: &str) -> Response {
    draw(visit, name, base, id, &NewKeys { client: Some(key), agent: None }, false)
}

/// Keys that were just created. Only the answer that created them shows them.
#[derive(Default)]
struct NewKeys<'a> {
    client: Option<&'a str>,
    /// The read key for a coding agent.
    agent: Option<&'a str>,
}

fn draw(visit: &Visit, name: &str, base: &BaseUrl, id: &str, new: &NewKeys<'_>, has_events: bool) -> Response {
    let shown = new.client.unwrap_or(KEY_PLACEHOLDER);
    page(&Connect {
        frame: visit.frame_of(name, &format!("Connect {name}")),
        project: name.to_owned(),
        dsn: base.dsn(shown, id),
        key: shown.to_owned(),
        url: base.as_str().to_owned(),
        is_new: new.client.is_some(),
        agent_key: new.agent.map(str::to_owned),
        has_events,
    })
}

/// Loads the project's number, which a DSN ends with.
async fn load_number(pages: &Pages, visit: &Visit, name: &str) -> Result<String, PageRefusal> {
    let ProjectAnswer { project } = pages.get(visit, &format!("/projects/{}", encoded(name))).await?;
    Ok(project.id.to_string())
}

/// `GET /pages/projects/{project}/first`: whether the first event has arrived.
pub(super) async fn first(
    State(pages): State<Pages>,
    visit: Visit,
    Path(name): Path<String>,
) -> Result<&'static str, PageRefusal> {
    Ok(if has_any_events(&pages, &visit, &name).await? { "yes" } else { "no" })
}

/// `POST /pages/projects/{project}/client-key`: creates a client key, which is shown only in this answer.
pub(super) async fn make_key(
    State(pages): State<Pages>,
    visit: Visit,
    Path(name): Path<String>,
    request: Request<Body>,
) -> Result<Response, PageRefusal> {
    let base = BaseUrl::from_request(request.headers(), request.extensions());
    Form::read_own(&visit, request.into_body()).await?;
    let key = create_key(&pages, &visit, &name, "client").await?;
    draw_new(&pages, &visit, &name, &base, &NewKeys { client: Some(&key), agent: None }).await
}

/// `POST /pages/projects/{project}/agent-key`: creates a read key, which is shown only in this answer.
pub(super) async fn make_agent_key(
    State(pages): State<Pages>,
    visit: Visit,
    Path(name): Path<String>,
    request: Request<Body>,
) -> Result<Response, PageRefusal> {
    let base = BaseUrl::from_request(request.headers(), request.extensions());
    Form::read_own(&visit, request.into_body()).await?;
    let key = create_key(&pages, &visit, &name, "read").await?;
    draw_new(&pages, &visit, &name, &base, &NewKeys { client: None, agent: Some(&key) }).await
}

async fn create_key(pages: &Pages, visit: &Visit, project: &str, role: &str) -> Result<String, PageRefusal> {
    let name = if role == "read" { "agent (page Connect)" } else { "created on the page Connect" };
    let body = json!({ "role": role, "project": project, "name": name });
    let made = pages.call(visit, Method::POST, "/keys", &body).await?;
    Ok(made["key"]["key"].as_str().unwrap_or_default().to_owned())
}

async fn draw_new(
    pages: &Pages,
    visit: &Visit,
    name: &str,
    base: &BaseUrl,
    new: &NewKeys<'_>,
) -> Result<Response, PageRefusal> {
    let id = load_number(pages, visit, name).await?;
    let has_events = has_any_events(pages, visit, name).await?;
    Ok(draw(visit, name, base, &id, new, has_events))
}
