//! `GET /projects/{project}/errors/{error}` in a browser: an error with one of its occurrences, and the actions on it.

mod change;
mod history;
mod timeline;
mod words;

use axum::extract::{Path, State};
use axum::response::IntoResponse;
pub(super) use change::change;
use futures_util::future::join4;
use history::HistoryEntry;
use http::header::CONTENT_TYPE;
use http::{StatusCode, Uri};
use model::occurrence::Occurrence;
use model::time::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use timeline::{ErrorTimeline, Range};
use web_pages::{ErrorHead, ErrorPage, IssueLink, MergedRow, Moment, OccurrenceView, Steps, TagTop};
use web_session::address::{encoded, with_query};
use web_session::{PageRefusal, PageResult, Pages, Visit, page};
use words::describe_limits;

use super::errors::ApiError;
use super::search;

/// The number of history entries on a page, and of values per tag.
const MAX_HISTORY_ENTRIES: usize = 50;
const MAX_TAG_VALUES: usize = 5;

/// An error without an occurrence, and the errors that it was merged from.
#[derive(Deserialize)]
struct ErrorWithParts {
    error: ApiError,
    #[serde(default)]
    parts: Vec<ApiError>,
}

#[derive(Default, Deserialize)]
struct ApiTags {
    tags: Vec<ApiTag>,
}

#[derive(Deserialize)]
struct ApiTag {
    key: String,
    values: Vec<ApiTagValue>,
    rest: u64,
}

#[derive(Deserialize)]
struct ApiTagValue {
    value: String,
    count: u64,
    share: f64,
}

#[derive(Default, Deserialize)]
struct ApiHistory {
    history: Vec<HistoryEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ApiOccurrence {
    error: Value,
    newer: Option<String>,
    older: Option<String>,
    belongs_to: ApiError,
}

pub(super) async fn show(
    State(pages): State<Pages>,
    visit: Visit,
    Path((project, rest)): Path<(String, String)>,
    uri: Uri,
) -> PageResult {
    let (name, occurrence) = match rest.rsplit_once("/occurrences/") {
        Some((name, id)) => (name, Some(id)),
        None => (rest.as_str(), None),
    };
    let base = format!("/projects/{}/errors/{}", encoded(&project), encoded(name));
    let range = Range::parse(&uri, visit.now);
    let seen = format!("{base}/occurrences/{}", occurrence.unwrap_or("last"));
    let (timeline, tags, history) = (
        range.api_address(format!("{base}/timeline")),
        format!("{base}/tags?limit={MAX_TAG_VALUES}"),
        format!("{base}/history?limit={MAX_HISTORY_ENTRIES}"),
    );
    let (timeline, tags, history, seen) = join4(
        pages.get::<ErrorTimeline>(&visit, &timeline),
        pages.get::<ApiTags>(&visit, &tags),
        pages.get::<ApiHistory>(&visit, &history),
        pages.get::<ApiOccurrence>(&visit, &seen),
    )
    .await;
    let seen = match seen {
        Ok(seen) => Some(seen),
        // Without an id: all occurrences have expired, or the error does not exist. With an id, its absence is a
        // failure.
        Err(PageRefusal::Said { status: StatusCode::NOT_FOUND | StatusCode::GONE, .. }) if occurrence.is_none() => None,
        Err(refused) => return Err(refused.in_frame(visit.frame(""))),
    };
    let ErrorWithParts { error, parts } = match &seen {
        Some(seen) if seen.belongs_to.merged.is_empty() => {
            ErrorWithParts { error: seen.belongs_to.clone(), parts: Vec::new() }
        }
        _ => load_error(&pages, &visit, &base).await?,
    };
    let base = format!("/projects/{}/errors/{}", encoded(&project), error.fingerprint);
    let here = match occurrence {
        Some(id) => format!("{base}/occurrences/{}", encoded(id)),
        None => base.clone(),
    };
    let title = if error.kind.is_empty() { error.message.clone() } else { error.kind.clone() };
    let shown = ErrorPage {
        frame: visit.frame_of(&project, &title),
        chart: timeline?.draw(&here),
        ranges: range.list_choices(&here),
        tags: tags?.tags.into_iter().map(|tag| tag.top(&project)).collect(),
        history: history?.history.into_iter().map(|done| done.into_row(visit.now)).collect(),
        occurrence: seen.and_then(|seen| seen.draw(&base, &range, visit.now)),
        head: draw_head(error, parts, visit.now),
        project,
    };
    Ok(page(&shown))
}

/// Loads an error without an occurrence. The page has its own timeline, so the range of this one is empty.
async fn load_error(pages: &Pages, visit: &Visit, base: &str) -> Result<ErrorWithParts, PageRefusal> {
    let now = encoded(&visit.now.to_string());
    pages
        .get(visit, &format!("{base}?start={now}&end={now}"))
        .await
        .map_err(|refused| refused.in_frame(visit.frame("")))
}

/// `GET /pages/projects/{project}/errors/{error}/occurrences/{id}`: the raw event, as it is stored.
pub(super) async fn raw(
    State(pages): State<Pages>,
    visit: Visit,
    Path((project, error, id)): Path<(String, String, String)>,
) -> PageResult {
    let path = format!("/projects/{}/errors/{}/occurrences/{}", encoded(&project), encoded(&error), encoded(&id));
    let seen: ApiOccurrence = pages.get(&visit, &path).await?;
    let text = serde_json::to_string_pretty(&seen.error["event"]).unwrap_or_default();
    Ok(([(CONTENT_TYPE, "application/json"), (http::header::X_CONTENT_TYPE_OPTIONS, "nosniff")], text).into_response())
}

impl ApiTag {
    fn top(self, project: &str) -> TagTop {
        let values = self.values.into_iter().map(|ApiTagValue { value, count, share }| {
            let filter = match self.key.as_str() {
                name @ ("environment" | "release" | "level") => search::write_filter(name, &value),
                name => search::write_filter("tag", &format!("{name}={value}")),
            };
            let href = with_query(format!("/projects/{}/errors", encoded(project)), [("q", filter.as_str())]);
            (value, count, (share * 100.0).round() as u64, href)
        });
        TagTop { values: values.collect(), rest: self.rest, name: self.key }
    }
}

impl ApiOccurrence {
    fn draw(self, base: &str, range: &Range, now: Timestamp) -> Option<OccurrenceView> {
        let occurrence: Occurrence = serde_json::from_value(self.error["event"].clone()).ok()?;
        let at = |id: &str| format!("{base}/occurrences/{id}");
        let place = |id: &str| range.page_address(at(id));
        let steps = Steps {
            first: self.older.is_some().then(|| place("first")),
            older: self.older.as_deref().map(place),
            newer: self.newer.as_deref().map(place),
            last: self.newer.is_some().then(|| place("last")),
            raw: format!("/pages{}", at(self.error["reversedUnixtime"].as_str()?)),
        };
        let why = grouping::explain(&occurrence).1;
        Some(OccurrenceView::new(&occurrence, Some(why), steps, now))
    }
}

fn draw_head(error: ApiError, parts: Vec<ApiError>, now: Timestamp) -> ErrorHead {
    let moment = |at| Moment::new(at, now);
    let status_note = match &error.resolution {
        Some(resolution) => Some(format!("in the release after {}", resolution.after)),
        None => Some(describe_limits(error.muted_until, error.muted_until_count).trim().to_owned()),
    };
    let issues = error.issues.into_iter().filter(|issue| issue.url.starts_with("https://"));
    // The first part is the error itself, without the merged errors.
    let parts = parts.into_iter().skip(1);
    ErrorHead {
        level: error.level.as_str(),
        status: error.status.as_str(),
        status_note: status_note.filter(|note| !note.is_empty()),
        regressed: error.regression.map(|regression| (moment(regression.at), regression.release)),
        first_seen: moment(error.first_seen),
        last_seen: moment(error.last_seen),
        issues: issues.map(|issue| IssueLink { number: issue.number, url: issue.url }).collect(),
        parts: parts.map(|part| MergedRow { fingerprint: part.fingerprint, count: part.count }).collect(),
        fingerprint: error.fingerprint,
        kind: error.kind,
        message: error.message,
        culprit: error.culprit,
        platform: error.platform,
        assignee: error.assignee,
        count: error.count,
        users: error.users,
    }
}
