//! `GET /projects/{project}/errors` in a browser: the list of errors, and bulk actions.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect};
use http::{Method, Request, StatusCode, Uri};
use model::time::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use web_pages::{ErrorRow, ErrorsPage, Moment, Search, Sparkline, Tab};
use web_session::address::{encoded, with_query};
use web_session::{Form, PageRefusal, PageResult, Pages, Visit, page};

use super::search::{ParsedSearch, parse_search};
use super::words::{describe_reason, explain};

/// The number of errors on a page.
const ERRORS_PER_PAGE: usize = 50;
const DAY_SECONDS: i64 = 86_400;
/// The search for the errors that are assigned to the visitor.
const MINE: &str = "assignee:me";

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

    /// Returns its type and message.
    pub(super) fn title(&self) -> String {
        match (self.kind.as_str(), self.message.as_str()) {
            ("", message) => message.to_owned(),
            (kind, "") => kind.to_owned(),
            (kind, message) => format!("{kind}: {message}"),
        }
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

/// The part of the list that a visitor looks at.
#[derive(Clone, Debug, Default)]
struct ListView {
    status: String,
    /// The search as it was typed.
    text: String,
    sort: String,
    cursor: String,
}

impl ListView {
    /// Reads it from the parameters of a URL, or the fields of a form.
    fn read(fields: &[(String, String)]) -> Self {
        let field =
            |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()).unwrap_or_default();
        Self { status: field("status"), text: field("q"), sort: field("sort"), cursor: field("cursor") }
    }

    /// Returns its URL with another status and cursor.
    fn address(&self, base: &str, status: &str, cursor: &str) -> String {
        with_query(base, [("status", status), ("q", &self.text), ("sort", &self.sort), ("cursor", cursor)])
    }
}

pub(super) async fn show(
    State(pages): State<Pages>,
    visit: Visit,
    Path(project): Path<String>,
    uri: Uri,
) -> PageResult {
    let view = ListView::read(&http_common::parse_query(uri.query()));
    draw(&pages, &visit, project, view, Vec::new()).await
}

async fn draw(pages: &Pages, visit: &Visit, project: String, view: ListView, chosen: Vec<String>) -> PageResult {
    let base = format!("/projects/{}/errors", encoded(&project));
    let ParsedSearch { parameters: mut asked, hint } = parse_search(&view.text);
    let limit = ERRORS_PER_PAGE.to_string();
    for (name, value) in [("status", &view.status), ("sort", &view.sort), ("cursor", &view.cursor), ("limit", &limit)] {
        asked.push((name.to_owned(), value.clone()));
    }
    let list = with_query(&base, asked.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let (list, problem) = match pages.get::<ApiErrors>(visit, &list).await {
        Ok(list) => (list, None),
        // A rejected search is shown next to the input, so that it can be corrected. Other refusals have their own
        // page.
        Err(PageRefusal::Said { status, text, .. }) if status == StatusCode::BAD_REQUEST => {
            (ApiErrors::default(), Some(text))
        }
        Err(refused) => return Err(refused.in_frame(visit.frame(""))),
    };
    let is_narrowed = !view.text.is_empty() || !view.status.is_empty() || !view.cursor.is_empty();
    let has_events = match list.errors.is_empty() && is_narrowed && problem.is_none() {
        true => has_any_events(pages, visit, &project).await?,
        false => !list.errors.is_empty() || problem.is_some(),
    };
    let tab = |name: &'static str, word: &str| Tab {
        name,
        href: view.address(&base, word, ""),
        is_here: view.status == word && view.text != MINE,
    };
    let mine = visit.caller.user().map(|_| Tab {
        name: "Mine",
        href: with_query(&base, [("status", "unresolved"), ("q", MINE)]),
        is_here: view.text == MINE,
    });
    let tabs = [tab("Open", "unresolved"), tab("Resolved", "resolved"), tab("Muted", "muted"), tab("All", "")];
    let shown = ErrorsPage {
        frame: visit.frame_of(&project, &format!("Errors of {project}")),
        tabs: tabs.into_iter().chain(mine).collect(),
        examined: list
            .examined
            .filter(|_| list.next_cursor.is_some() && list.errors.len() + list.uncertain.len() < ERRORS_PER_PAGE),
        first: (!view.cursor.is_empty()).then(|| view.address(&base, &view.status, "")),
        next: list.next_cursor.as_deref().map(|cursor| view.address(&base, &view.status, cursor)),
        rows: list.errors.into_iter().map(|entry| entry.into_row(visit.now)).collect(),
        uncertain: list.uncertain.into_iter().map(|entry| entry.into_row(visit.now)).collect(),
        chosen,
        cursor: view.cursor,
        search: Search { status: view.status, text: view.text, sort: view.sort, problem, hint },
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

/// `POST /pages/projects/{project}/errors`: applies an action to all selected errors. If it is rejected, the list is
/// shown again with the problem and the selection.
pub(super) async fn change(
    State(pages): State<Pages>,
    visit: Visit,
    Path(project): Path<String>,
    request: Request<Body>,
) -> PageResult {
    let form = Form::read_own(&visit, request.into_body()).await?;
    let base = format!("/projects/{}/errors", encoded(&project));
    let chosen: Vec<&str> = form.all("error").collect();
    let status = |status: &str| json!({ "errors": chosen, "change": { "status": status } });
    let call = match (form.get("do").unwrap_or_default(), chosen.len()) {
        (_, 0) => Err("Nothing was changed: select one or more errors first."),
        ("merge", 1) => Err("Nothing was merged: select two or more errors that are the same."),
        ("resolve", _) => Ok((Method::PATCH, base.clone(), status("resolved"), "changed")),
        ("unresolve", _) => Ok((Method::PATCH, base.clone(), status("unresolved"), "changed")),
        ("mute", _) => Ok((Method::PATCH, base.clone(), status("muted"), "changed")),
        ("delete", _) => Ok((Method::PATCH, base.clone(), json!({ "errors": chosen, "delete": true }), "deleted")),
        // The first of the list, which was seen last, is the merge target.
        ("merge", _) => {
            let path = format!("{base}/{}/merge", encoded(chosen[0]));
            Ok((Method::POST, path, json!({ "errors": chosen[1..] }), "merged"))
        }
        _ => Err("Nothing was changed: choose an action."),
    };
    let (status, problem) = match call {
        Err(problem) => (StatusCode::BAD_REQUEST, problem.to_owned()),
        Ok((method, path, body, done)) => match pages.try_call(&visit, method, &path, &body).await? {
            Ok(answer) => match describe_failures(&answer) {
                Some(problem) => (StatusCode::CONFLICT, problem),
                None => {
                    let ListView { status, text, sort, .. } = ListView::read(form.fields());
                    let here = [("status", &*status), ("q", &text), ("sort", &sort), ("done", done)];
                    return Ok(Redirect::to(&with_query(&base, here)).into_response());
                }
            },
            Err(refusal) => explain(refusal, &visit)?,
        },
    };
    let chosen = chosen.into_iter().map(str::to_owned).collect();
    let shown = draw(&pages, &visit.with_problem(problem), project, ListView::read(form.fields()), chosen).await?;
    Ok((status, shown).into_response())
}

/// Describes which errors could not be changed, and why.
fn describe_failures(answer: &Value) -> Option<String> {
    let failed = |one: &Value| {
        let (reason, text) = (one["failed"]["reason"].as_str()?, one["failed"]["message"].as_str()?);
        let fingerprint = one["error"].as_str().unwrap_or_default();
        let short = fingerprint.get(..8).unwrap_or(fingerprint);
        Some(format!("{short}: {}", describe_reason(reason, &[], text)))
    };
    let failures: Vec<_> = answer["results"].as_array()?.iter().filter_map(failed).collect();
    (!failures.is_empty()).then(|| failures.join(" "))
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
