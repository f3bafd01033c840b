//! `GET /`: all projects, and the form that creates one.

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use futures_util::future::{join, join_all};
use http::{Method, Request, Uri};
use http_common::BaseUrl;
use serde::Deserialize;
use serde_json::json;
use web_pages::{Moment, ProjectRow, ProjectsPage, Sparkline};
use web_session::address::{encoded, with_query};
use web_session::{Form, PageResult, Pages, Visit, page};

use super::connect;
use super::errors::{ApiError, ApiErrors};
use super::words::explain;

/// The number of projects on a page. Each one costs two lists of errors and a timeline.
const PROJECTS_PER_PAGE: usize = 25;
/// The number of errors that are read per project.
const MAX_ERRORS_READ: usize = 50;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListedProjects {
    projects: Vec<ListedProject>,
    next_cursor: Option<String>,
}

#[derive(Deserialize)]
struct ListedProject {
    name: String,
    owner: Option<String>,
}

/// `GET /projects` in a browser: redirects to `/`.
pub(super) async fn home() -> Redirect {
    Redirect::to("/")
}

pub(super) async fn show(State(pages): State<Pages>, visit: Visit, uri: Uri) -> PageResult {
    let cursor = http_common::parse_query(uri.query()).into_iter().find(|(name, _)| name == "cursor");
    let cursor = cursor.map(|(_, cursor)| format!("&cursor={}", encoded(&cursor))).unwrap_or_default();
    draw(&pages, &visit, &cursor, String::new()).await
}

/// Draws the page. `cursor` is a query parameter, or empty; `typed` is the name of a new project that was rejected.
async fn draw(pages: &Pages, visit: &Visit, cursor: &str, typed: String) -> PageResult {
    let answer: ListedProjects = pages.get(visit, &format!("/projects?limit={PROJECTS_PER_PAGE}{cursor}")).await?;
    let rows = answer.projects.into_iter().map(|project| load_row(pages, visit, project));
    let shown = ProjectsPage {
        frame: visit.frame("Projects"),
        projects: join_all(rows).await,
        next: answer.next_cursor.map(|cursor| format!("/?cursor={}", encoded(&cursor))),
        typed,
    };
    Ok(page(&shown))
}

/// Loads the row of a project. A part that cannot be loaded stays empty, so that the other projects are still shown.
async fn load_row(pages: &Pages, visit: &Visit, project: ListedProject) -> ProjectRow {
    let path = format!("/projects/{}", encoded(&project.name));
    let list = format!("{path}/errors?status=unresolved&limit={MAX_ERRORS_READ}");
    // The newest error of any status: resolved and muted errors also show when the project last had an event.
    let newest = format!("{path}/errors?limit=1");
    let lists = join(pages.get::<ApiErrors>(visit, &list), pages.get::<ApiErrors>(visit, &newest));
    let ((list, newest), hours) = join(lists, load_hours(pages, visit, &path)).await;
    let (list, newest) = (list.unwrap_or_default(), newest.unwrap_or_default());
    let since = visit.now.plus_seconds(-86_400);
    let fresh = |is: fn(&ApiError, model::time::Timestamp) -> bool| {
        list.errors.iter().filter(|error| is(error, since)).count() as u64
    };
    ProjectRow {
        open: (list.errors.len() as u64, list.next_cursor.is_some()),
        last_seen: newest.errors.first().map(|error| Moment::new(error.last_seen, visit.now)),
        has_events: !newest.errors.is_empty() || hours.total() > 0,
        fresh: (fresh(ApiError::is_new_since), fresh(ApiError::is_back_since)),
        hours,
        name: project.name,
        owner: project.owner,
    }
}

#[derive(Deserialize)]
struct HourlyCounts {
    points: Vec<HourlyCount>,
}

#[derive(Deserialize)]
struct HourlyCount {
    count: u64,
}

async fn load_hours(pages: &Pages, visit: &Visit, path: &str) -> Sparkline {
    let (start, end) = (visit.now.plus_seconds(-23 * 3_600).to_string(), visit.now.to_string());
    let range = [("unit", "hour"), ("start", start.as_str()), ("end", end.as_str())];
    let timeline = pages.get::<HourlyCounts>(visit, &with_query(format!("{path}/timeline"), range)).await;
    Sparkline::new(
        timeline.map(|timeline| timeline.points.iter().map(|point| point.count).collect()).unwrap_or_default(),
    )
}

/// `POST /pages/projects`: creates a project and shows how to connect it. A rejected name stays in the form.
pub(super) async fn create(State(pages): State<Pages>, visit: Visit, request: Request<Body>) -> PageResult {
    let base = BaseUrl::from_request(request.headers(), request.extensions());
    let form = Form::read_own(&visit, request.into_body()).await?;
    let name = form.get("name").unwrap_or_default();
    let made = match pages.try_call(&visit, Method::POST, "/projects", &json!({ "name": name })).await? {
        Ok(made) => made,
        Err(refusal) => {
            let (status, problem) = explain(refusal, &visit)?;
            let visit = visit.with_problem(problem);
            return Ok((status, draw(&pages, &visit, "", name.to_owned()).await?).into_response());
        }
    };
    let project = &made["project"];
    let (id, key) = (project["id"].to_string(), project["clientKey"].as_str().unwrap_or_default());
    Ok(connect::draw_made(&visit, name, &base, id.trim_matches('"'), key).into_response())
}
