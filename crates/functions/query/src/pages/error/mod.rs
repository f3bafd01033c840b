//! `GET /projects/{project}/errors/{error}` in a browser: an error with one of its occurrences, and the actions on it.

mod attachments;
mod change;
mod history;
mod timeline;
mod words;

pub(super) use attachments::download;
use axum::extract::{Path, State};
use axum::response::IntoResponse;
pub(super) use change::change;
use futures_util::future::join5;
use history::HistoryEntry;
use http::header::CONTENT_TYPE;
use http::{StatusCode, Uri};
use model::id::Fingerprint;
use model::occurrence::Occurrence;
use model::project::Repository;
use model::time::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use timeline::{ErrorTimeline, Range};
use web_pages::{ErrorHead, ErrorPage, IssueLink, MergedRow, Moment, OccurrenceView, Steps, TagTop, TypedInput};
use web_session::address::{encoded, with_query};
use web_session::{PageRefusal, PageResult, Pages, Visit, page};
use words::describe_limits;

use super::errors::ApiError;
use super::members;
use super::search;
use crate::errors::is_markdown;
use crate::lookup;

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

/// The project's repository.
#[derive(Deserialize)]
struct ProjectSource {
    project: SourceSetting,
}

#[derive(Deserialize)]
struct SourceSetting {
    repository: Option<Repository>,
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
    same_source: Option<ApiError>,
}

pub(super) async fn show(
    State(pages): State<Pages>,
    visit: Visit,
    Path((project, rest)): Path<(String, String)>,
    uri: Uri,
) -> PageResult {
    if is_markdown(uri.path()) {
        return pages.fetch(&visit, uri.path()).await;
    }
    let (error, occurrence) = match rest.rsplit_once("/occurrences/") {
        Some((error, id)) => (error.to_owned(), Some(id.to_owned())),
        None => (rest, None),
    };
    let range = Range::parse(&uri, visit.now);
    draw(&pages, &visit, NamedError { project, error, occurrence, range, typed: TypedInput::default() }).await
}

/// The error, and the part of it, that a page shows.
struct NamedError {
    project: String,
    /// The fingerprint or message in the URL. It may name an error that is merged into the one that is shown.
    error: String,
    /// The id of an occurrence; `None` for the newest.
    occurrence: Option<String>,
    range: Range,
    /// The input of a form that was rejected.
    typed: TypedInput,
}

async fn draw(pages: &Pages, visit: &Visit, named: NamedError) -> PageResult {
    let NamedError { project, error: name, occurrence, range, typed } = named;
    let base = format!("/projects/{}/errors/{}", encoded(&project), encoded(&name));
    let seen = format!("{base}/occurrences/{}", occurrence.as_deref().unwrap_or("last"));
    let (timeline, tags, history) = (
        range.api_address(format!("{base}/timeline")),
        format!("{base}/tags?limit={MAX_TAG_VALUES}"),
        format!("{base}/history?limit={MAX_HISTORY_ENTRIES}"),
    );
    let settings = format!("/projects/{}", encoded(&project));
    let (settings, timeline, tags, history, seen) = join5(
        pages.get::<ProjectSource>(visit, &settings),
        pages.get::<ErrorTimeline>(visit, &timeline),
        pages.get::<ApiTags>(visit, &tags),
        pages.get::<ApiHistory>(visit, &history),
        pages.get::<ApiOccurrence>(visit, &seen),
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
        _ => load_error(pages, visit, &base).await?,
    };
    let base = format!("/projects/{}/errors/{}", encoded(&project), error.fingerprint);
    let here = match &occurrence {
        Some(id) => format!("{base}/occurrences/{}", encoded(id)),
        None => base.clone(),
    };
    // Without it, the page only has no links.
    let repository = settings.ok().and_then(|settings| settings.project.repository);
    let title = if error.kind.is_empty() { error.message.clone() } else { error.kind.clone() };
    let head = draw_head(error, parts, visit.now);
    let members = if visit.may_work() { members::names(pages, visit, &project).await? } else { Vec::new() };
    let shown = ErrorPage {
        frame: visit.frame_of(&project, &title),
        address: format!("{}{base}", visit.base().as_str()),
        chart: timeline?.draw(&here, &range),
        ranges: range.list_choices(&here),
        tags: tags?.tags.into_iter().map(|tag| tag.top(&project)).collect(),
        history: history?.history.into_iter().map(|done| done.into_row(visit)).collect(),
        occurrence: match seen {
            Some(seen) => seen.draw(pages, visit, &base, &range, repository.as_ref()).await,
            None => None,
        },
        opened: find_opened(&name, &head),
        typed,
        members,
        head,
        project,
    };
    Ok(page(&shown))
}

/// Finds the merged error that the URL names, if it does not name the error that is shown.
fn find_opened(name: &str, shown: &ErrorHead) -> Option<MergedRow> {
    let is = |fingerprint: &str, named: &Fingerprint| named.to_string() == fingerprint;
    let names = lookup::find_fingerprints(name);
    let first = names.iter().find_map(|named| match shown.parts.iter().find(|part| is(&part.fingerprint, named)) {
        Some(part) => Some(Some(part.clone())),
        None => is(&shown.fingerprint, named).then_some(None),
    });
    first.flatten()
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
    async fn draw(
        self,
        pages: &Pages,
        visit: &Visit,
        base: &str,
        range: &Range,
        repository: Option<&Repository>,
    ) -> Option<OccurrenceView> {
        let occurrence: Occurrence = serde_json::from_value(self.error["event"].clone()).ok()?;
        let at = |id: &str| format!("{base}/occurrences/{id}");
        let here = at(self.error["reversedUnixtime"].as_str()?);
        let place = |id: &str| range.page_address(at(id));
        let steps = Steps {
            first: self.older.is_some().then(|| place("first")),
            older: self.older.as_deref().map(place),
            newer: self.newer.as_deref().map(place),
            last: self.newer.is_some().then(|| place("last")),
            raw: format!("/pages{here}"),
            markdown: format!("{here}.md"),
        };
        let why = grouping::explain(&occurrence).1;
        let files = attachments::list(pages, visit, &here, &occurrence).await;
        let same_source = self.same_source.map(|same| {
            let title = if same.kind.is_empty() { same.message } else { format!("{}: {}", same.kind, same.message) };
            let list = base.rsplit_once('/').map_or(base, |(list, _)| list);
            (title, format!("{list}/{}", same.fingerprint))
        });
        let view = OccurrenceView::new(&occurrence, Some(why), steps, repository, visit.now);
        Some(view.with_attachments(files).with_same_source(same_source))
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
        parts: parts
            .map(|part| MergedRow { title: part.title(), fingerprint: part.fingerprint, count: part.count })
            .collect(),
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
