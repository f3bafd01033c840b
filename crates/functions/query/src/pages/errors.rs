//! `GET /projects/{project}/errors` in a browser: the list of errors, and bulk actions.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::{Method, Request, Uri};
use model::time::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use web_pages::{ErrorRow, ErrorsPage, Moment, Search, Sparkline, Tab};
use web_session::address::{encoded, with_query};
use web_session::{Form, PageRefusal, PageResult, Pages, Visit, page};

use super::search;

/// The number of errors on a page.
const ERRORS_PER_PAGE: usize = 50;
const DAY_SECONDS: i64 = 86_400;

/// The API's answer to a request for errors.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ApiErrors {
    pub(super) errors: Vec<ApiError>,
    #[serde(default)]
    pub(super) uncertain: Vec<ApiError>,
    pub(super) next_cursor: Option<String>,
    pub(super) examined: Option<u64>,
}

/// An error in an answer of the API.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ApiError {
    pub(super) fingerprint: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) message: String,
    pub(super) culprit: Option<String>,
    pub(super) level: model::occurrence::Level,
    pub(super) platform: String,
    pub(super) status: model::error::Status,
    pub(super) count: u64,
    pub(super) users: u64,
    pub(super) first_seen: Timestamp,
    pub(super) last_seen: Timestamp,
    pub(super) muted_until: Option<Timestamp>,
    pub(super) muted_until_count: Option<u64>,
    pub(super) resolution: Option<ApiResolution>,
    pub(super) regression: Option<ApiRegression>,
    pub(super) assignee: Option<String>,
    pub(super) hours: Vec<ApiHour>,
    pub(super) issues: Vec<ApiIssue>,
    pub(super) merged: Vec<String>,
}

/// The release after which an error is resolved.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ApiResolution {
    pub(super) after: String,
}

/// The last regression of an error.
#[derive(Clone, Deserialize)]
pub(super) struct ApiRegression {
    pub(super) at: Timestamp,
    pub(super) release: Option<String>,
}

/// An issue of an error on GitHub or GitLab.
#[derive(Clone, Deserialize)]
pub(super) struct ApiIssue {
    pub(super) number: u64,
    pub(super) url: String,
}

/// The number of occurrences of an error in an hour.
#[derive(Clone, Deserialize)]
pub(super) struct ApiHour {
    start: Timestamp,
    count: u64,
}

impl ApiError {
    /// Whether the error was first seen after `since`.
    pub(super) fn is_new_since(&self, since: Timestamp) -> bool {
        self.first_seen > since
    }

    /// Whether the error regressed after `since`.
    pub(super) fn is_back_since(&self, since: Timestamp) -> bool {
        self.regression.as_ref().is_some_and(|regression| regression.at > since)
    }

    fn into_row(self, now: Timestamp) -> ErrorRow {
        let since = now.plus_seconds(-DAY_SECONDS);
        ErrorRow {
            level: self.level.as_str(),
            status: self.status.as_str(),
            is_new: self.is_new_since(since),
            is_regressed: self.regression.is_some() && self.status == model::error::Status::Unresolved,
            hours: sum_last_day(&self.hours, now),
            first_seen: Moment::new(self.first_seen, now),
            last_seen: Moment::new(self.last_seen, now),
            fingerprint: self.fingerprint,
            kind: self.kind,
            message: self.message,
            culprit: self.culprit,
            assignee: self.assignee,
            count: self.count,
            users: self.users,
        }
    }
}

/// Returns the counts of the 24 hours that end with the current hour.
fn sum_last_day(hours: &[ApiHour], now: Timestamp) -> Sparkline {
    let mut counts = vec![0; 24];
    for ApiHour { start, count } in hours {
        let age = now.seconds().div_euclid(3_600) - start.seconds().div_euclid(3_600);
        if let Some(place) = usize::try_from(23 - age).ok().and_then(|place| counts.get_mut(place)) {
            *place += count;
        }
    }
    Sparkline::new(counts)
}

/// `GET /projects/{project}`: redirects to its open errors.
pub(super) async fn redirect_to_open(Path(project): Path<String>) -> Redirect {
    Redirect::to(&format!("/projects/{}/errors?status=unresolved", encoded(&project)))
}

pub(super) async fn show(
    State(pages): State<Pages>,
    visit: Visit,
    Path(project): Path<String>,
    uri: Uri,
) -> PageResult {
    let parameters = http_common::parse_query(uri.query());
    let parameter =
        |name: &str| parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()).unwrap_or_default();
    let (status, text, sort, cursor) = (parameter("status"), parameter("q"), parameter("sort"), parameter("cursor"));
    let base = format!("/projects/{}/errors", encoded(&project));

    let mut asked = search::parse_search(&text);
    let limit = ERRORS_PER_PAGE.to_string();
    for (name, value) in [("status", &status), ("sort", &sort), ("cursor", &cursor), ("limit", &limit)] {
        asked.push((name.to_owned(), value.clone()));
    }
    let list = with_query(&base, asked.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let (list, problem) = match pages.get::<ApiErrors>(&visit, &list).await {
        Ok(list) => (list, None),
        // A rejected search is shown next to the input, so that it can be corrected. Other refusals have their own
        // page.
        Err(PageRefusal::Said { status, text, .. }) if status == http::StatusCode::BAD_REQUEST => {
            (ApiErrors::default(), Some(text))
        }
        Err(refused) => return Err(refused.in_frame(visit.frame(""))),
    };
    let is_narrowed = !text.is_empty() || !status.is_empty() || !cursor.is_empty();
    let has_events = match list.errors.is_empty() && is_narrowed && problem.is_none() {
        true => has_any_events(&pages, &visit, &project).await?,
        false => !list.errors.is_empty() || problem.is_some(),
    };
    let here = |status: &str, cursor: &str| {
        with_query(&base, [("status", status), ("q", &text), ("sort", &sort), ("cursor", cursor)])
    };
    let tab = |name: &'static str, word: &str| Tab { name, href: here(word, ""), is_here: status == word };
    let shown = ErrorsPage {
        frame: visit.frame_of(&project, &format!("Errors of {project}")),
        tabs: vec![tab("Open", "unresolved"), tab("Resolved", "resolved"), tab("Muted", "muted"), tab("All", "")],
        examined: list
            .examined
            .filter(|_| list.next_cursor.is_some() && list.errors.len() + list.uncertain.len() < ERRORS_PER_PAGE),
        first: (!cursor.is_empty()).then(|| here(&status, "")),
        next: list.next_cursor.as_deref().map(|cursor| here(&status, cursor)),
        rows: list.errors.into_iter().map(|entry| entry.into_row(visit.now)).collect(),
        uncertain: list.uncertain.into_iter().map(|entry| entry.into_row(visit.now)).collect(),
        search: Search { status, text, sort, problem },
        has_events,
        project,
    };
    Ok(page(&shown))
}

/// Whether a project has any error, that is, whether an event has arrived.
pub(super) async fn has_any_events(pages: &Pages, visit: &Visit, name: &str) -> Result<bool, PageRefusal> {
    let list: ApiErrors = pages.get(visit, &format!("/projects/{}/errors?limit=1", encoded(name))).await?;
    Ok(!list.errors.is_empty())
}

/// `POST /pages/projects/{project}/errors`: applies an action to all selected errors.
pub(super) async fn change(
    State(pages): State<Pages>,
    visit: Visit,
    Path(project): Path<String>,
    request: Request<Body>,
) -> Result<Response, PageRefusal> {
    let form = Form::read_own(&visit, request.into_body()).await?;
    let base = format!("/projects/{}/errors", encoded(&project));
    let chosen: Vec<&str> = form.all("error").collect();
    let field = |name| form.get(name).unwrap_or_default();
    let back = |done: &str| {
        let here = [("status", field("status")), ("q", field("q")), ("sort", field("sort")), ("done", done)];
        Redirect::to(&with_query(&base, here)).into_response()
    };
    if chosen.is_empty() {
        return Ok(back(""));
    }
    let status = |status: &str| json!({ "errors": chosen, "change": { "status": status } });
    let (method, path, body, done) = match field("do") {
        "resolve" => (Method::PATCH, base.clone(), status("resolved"), "changed"),
        "unresolve" => (Method::PATCH, base.clone(), status("unresolved"), "changed"),
        "mute" => (Method::PATCH, base.clone(), status("muted"), "changed"),
        "delete" => (Method::PATCH, base.clone(), json!({ "errors": chosen, "delete": true }), "deleted"),
        // The first of the list, which was seen last, is the merge target.
        "merge" => {
            let path = format!("{base}/{}/merge", encoded(chosen[0]));
            (Method::POST, path, json!({ "errors": chosen[1..] }), "merged")
        }
        _ => return Ok(back("")),
    };
    let answer = pages.call(&visit, method, &path, &body).await?;
    match describe_failures(&answer) {
        Some(text) => Err(PageRefusal::Said {
            status: http::StatusCode::CONFLICT,
            text,
            frame: Box::new(visit.frame_of(&project, "")),
        }),
        None => Ok(back(done)),
    }
}

/// Describes which errors could not be changed, and why.
fn describe_failures(answer: &Value) -> Option<String> {
    let failed = |one: &Value| {
        let message = one["failed"]["message"].as_str()?;
        Some(format!("{}: {message}", one["error"].as_str().unwrap_or_default()))
    };
    let failures: Vec<_> = answer["results"].as_array()?.iter().filter_map(failed).collect();
    (!failures.is_empty()).then(|| failures.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_at_their_place_in_the_last_day() {
        let at = |text: &str| Timestamp::parse(text).unwrap();
        let hour = |text: &str, count| ApiHour { start: at(text), count };
        let hours = [hour("2026-11-20T12:00:00Z", 9), hour("2026-11-20T13:00:00Z", 1), hour("2026-11-21T12:00:00Z", 2)];
        let drawn = sum_last_day(&hours, at("2026-11-21T12:59:59Z"));
        assert_eq!(drawn.total(), 3, "one hour is older than a day");
        assert!(sum_last_day(&hours, at("2026-11-21T11:00:00Z")).total() == 10, "future hours do not count");
    }
}
