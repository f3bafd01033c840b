//! `GET /projects/{project}/errors/{error}` in a browser: an error with one of its occurrences, and what is done with it.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use domain::error::history::{Action, Actor};
use domain::grouping;
use domain::id::Fingerprint;
use domain::occurrence::Occurrence;
use domain::time::Timestamp;
use http::header::CONTENT_TYPE;
use http::{Method, Request, StatusCode, Uri};
use serde::Deserialize;
use serde_json::{Value, json};
use web::{
    Chart, ChartBar, Entry as HistoryEntry, ErrorHead, ErrorPage, IssueLink, Moment, OccurrenceView, Part, Ranges,
    Steps, TagTop,
};

use super::call::{Refused, encoded, page};
use super::errors::Entry;
use super::visit::{Form, Visit};
use super::{Pages, Shown, search};

/// The ranges that a timeline is offered in: name, word in the address, length in hours, unit.
const RANGES: [(&str, &str, i64, &str); 4] = [
    ("1 h", "1h", 1, "minute"),
    ("24 h", "24h", 24, "hour"),
    ("14 d", "14d", 14 * 24, "hour"),
    ("90 d", "90d", 90 * 24, "day"),
];
const DEFAULT: usize = 1;
/// How many entries of the history, and values of a tag, a page has.
const HISTORY: usize = 50;
const VALUES: usize = 5;

/// An error without its occurrences: what it is merged of, beside it.
#[derive(Deserialize)]
struct Alone {
    error: Entry,
    #[serde(default)]
    parts: Vec<Entry>,
}

#[derive(Deserialize)]
struct Timeline {
    points: Vec<Point>,
    end: Timestamp,
    releases: Vec<Release>,
}

#[derive(Deserialize)]
struct Point {
    start: Timestamp,
    count: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Release {
    release: String,
    first_seen: Timestamp,
}

#[derive(Default, Deserialize)]
struct Tags {
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
struct Tag {
    key: String,
    values: Vec<TagValue>,
    rest: u64,
}

#[derive(Deserialize)]
struct TagValue {
    value: String,
    count: u64,
    share: f64,
}

#[derive(Default, Deserialize)]
struct History {
    history: Vec<Done>,
}

/// Something that was done with the error.
#[derive(Deserialize)]
struct Done {
    at: Timestamp,
    by: Actor,
    #[serde(flatten)]
    action: Action,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Seen {
    error: Value,
    newer: Option<String>,
    older: Option<String>,
    belongs_to: Entry,
}

pub(super) async fn show(
    State(pages): State<Pages>,
    visit: Visit,
    Path((project, rest)): Path<(String, String)>,
    uri: Uri,
) -> Shown {
    let (name, occurrence) = match rest.rsplit_once("/occurrences/") {
        Some((name, id)) => (name, Some(id)),
        None => (rest.as_str(), None),
    };
    let base = format!("/projects/{}/errors/{}", encoded(&project), encoded(name));
    let range = Range::of(&uri, visit.now);
    let seen = format!("{base}/occurrences/{}", occurrence.unwrap_or("last"));
    let (timeline, tags, history) = (
        format!("{base}/timeline?{}", range.query()),
        format!("{base}/tags?limit={VALUES}"),
        format!("{base}/history?limit={HISTORY}"),
    );
    let (timeline, tags, history, seen) = futures_util::join!(
        pages.get::<Timeline>(&visit, &timeline),
        pages.get::<Tags>(&visit, &tags),
        pages.get::<History>(&visit, &history),
        pages.get::<Seen>(&visit, &seen),
    );
    let seen = match seen {
        Ok(seen) => Some(seen),
        // The newest has expired, so all have, or there is no such error; one that was asked for by its id is missed.
        Err(Refused::Said { status: StatusCode::NOT_FOUND | StatusCode::GONE, .. }) if occurrence.is_none() => None,
        Err(refused) => return Err(refused.within(&visit)),
    };
    let Alone { error, parts } = match &seen {
        Some(seen) if seen.belongs_to.merged.is_empty() => Alone { error: seen.belongs_to.clone(), parts: Vec::new() },
        _ => alone(&pages, &visit, &base).await?,
    };
    let base = format!("/projects/{}/errors/{}", encoded(&project), error.fingerprint);
    let title = if error.kind.is_empty() { error.message.clone() } else { error.kind.clone() };
    let shown = ErrorPage {
        frame: visit.frame_of(&project, &title),
        chart: chart(timeline?, &base),
        ranges: range.choices(&base),
        tags: tags?.tags.into_iter().map(|tag| tag.top(&project)).collect(),
        history: history?.history.into_iter().map(|done| done.told(visit.now)).collect(),
        occurrence: seen.and_then(|seen| seen.drawn(&base, visit.now)),
        head: head(error, parts, visit.now),
        project,
    };
    Ok(page(&shown))
}

/// An error whose occurrences are not needed. Its timeline of v1's answer is none of the page's: the range is empty.
async fn alone(pages: &Pages, visit: &Visit, base: &str) -> Result<Alone, Refused> {
    let now = encoded(&visit.now.to_string());
    pages.get(visit, &format!("{base}?start={now}&end={now}")).await.map_err(|refused| refused.within(visit))
}

/// `GET /pages/projects/{project}/errors/{error}/occurrences/{id}`: the event as it is stored.
pub(super) async fn raw(
    State(pages): State<Pages>,
    visit: Visit,
    Path((project, error, id)): Path<(String, String, String)>,
) -> Shown {
    let path = format!("/projects/{}/errors/{}/occurrences/{}", encoded(&project), encoded(&error), encoded(&id));
    let seen: Seen = pages.get(&visit, &path).await?;
    let text = serde_json::to_string_pretty(&seen.error["event"]).unwrap_or_default();
    Ok(([(CONTENT_TYPE, "application/json"), (http::header::X_CONTENT_TYPE_OPTIONS, "nosniff")], text).into_response())
}

/// Which part of the timeline is shown.
struct Range {
    start: Timestamp,
    end: Timestamp,
    unit: &'static str,
    /// Which of the offered ranges it is.
    choice: Option<usize>,
}

impl Range {
    /// The one that the address names: by a word, or by its beginning and end.
    fn of(uri: &Uri, now: Timestamp) -> Self {
        let parameters = gate::parameters(uri.query());
        let given = |name: &str| parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let moment = |name| given(name).and_then(|text| Timestamp::parse(text).ok());
        if let (Some(start), Some(end)) = (moment("from"), moment("to"))
            && start < end
        {
            let unit = match end.seconds() - start.seconds() {
                ..=10_800 => "minute",
                10_801..=1_209_600 => "hour",
                _ => "day",
            };
            return Self { start, end, unit, choice: None };
        }
        let word = given("range").unwrap_or_default();
        let choice = RANGES.iter().position(|(_, range, ..)| *range == word).unwrap_or(DEFAULT);
        let (_, _, hours, unit) = RANGES[choice];
        Self { start: now.plus_seconds(-hours * 3_600), end: now, unit, choice: Some(choice) }
    }

    fn query(&self) -> String {
        let (start, end) = (self.start.to_string(), self.end.to_string());
        search::query([("unit", self.unit), ("start", &start), ("end", &end)])
    }

    fn choices(&self, base: &str) -> Ranges {
        let choice = |(index, (name, word, ..)): (usize, &(&'static str, &str, i64, &str))| {
            (*name, format!("{base}?range={word}"), self.choice == Some(index))
        };
        Ranges {
            choices: RANGES.iter().enumerate().map(choice).collect(),
            zoomed: self.choice.is_none().then(|| format!("{} to {} UTC", minute(self.start), minute(self.end))),
        }
    }
}

/// A bar leads to its own span: a day in hours, an hour in minutes.
fn chart(timeline: Timeline, base: &str) -> Chart {
    let points = timeline.points;
    let ends = points.iter().skip(1).map(|point| point.start).chain([timeline.end]);
    let bars = points.iter().zip(ends).map(|(point, end)| {
        let (text, length) = (point.start.to_string(), end.seconds() - point.start.seconds());
        let name = match length {
            ..=60 => text[11..16].to_owned(),
            61..=3_600 => format!("{} {}", &text[5..10], &text[11..16]),
            _ => text[..10].to_owned(),
        };
        let zoom = || {
            let range = search::query([("from", text.as_str()), ("to", end.to_string().as_str())]);
            format!("{base}?{range}")
        };
        ChartBar { start: point.start, name, count: point.count, href: (length > 60 && point.count > 0).then(zoom) }
    });
    let releases: Vec<_> = timeline.releases.iter().map(|mark| (mark.first_seen, mark.release.clone())).collect();
    Chart::new(bars.collect(), timeline.end, &releases)
}

impl Tag {
    fn top(self, project: &str) -> TagTop {
        let values = self.values.into_iter().map(|TagValue { value, count, share }| {
            let filter = match self.key.as_str() {
                name @ ("environment" | "release" | "level") => search::filter(name, &value),
                name => search::filter("tag", &format!("{name}={value}")),
            };
            let href = format!("/projects/{}/errors?{}", encoded(project), search::query([("q", filter.as_str())]));
            (value, count, (share * 100.0).round() as u64, href)
        });
        TagTop { values: values.collect(), rest: self.rest, name: self.key }
    }
}

impl Done {
    fn told(self, now: Timestamp) -> HistoryEntry {
        let by = match self.by {
            Actor::Operator => "operator".to_owned(),
            Actor::Key { id, name } if name.is_empty() => format!("key {id}"),
            Actor::Key { name, .. } => name,
            Actor::Hook { service, user: Some(user) } => format!("{user} ({service})"),
            Actor::Hook { service, user: None } => service,
            Actor::Occurrence => "an event".to_owned(),
        };
        let in_release = |release: Option<String>| release.map(|release| format!(" in {release}")).unwrap_or_default();
        let errors = |errors: &[Fingerprint]| match errors {
            [one] => format!("error {}", &one.to_string()[..8]),
            more => format!("{} errors", more.len()),
        };
        let (what, comment) = match self.action {
            Action::Resolved { after: None } => ("resolved it".to_owned(), None),
            Action::Resolved { after: Some(after) } => (format!("resolved it in the release after {after}"), None),
            Action::Unresolved => ("opened it again".to_owned(), None),
            Action::Muted { until, until_count } => (format!("muted it{}", limits(until, until_count)), None),
            Action::Regressed { release } => (format!("brought it back{}", in_release(release)), None),
            Action::MuteEnded { release } => (format!("ended its mute{}", in_release(release)), None),
            Action::Assigned { assignee } => (format!("gave it to {assignee}"), None),
            Action::Unassigned => ("took it from its assignee".to_owned(), None),
            Action::Commented { text } => ("said".to_owned(), Some(text)),
            Action::CommentDeleted => ("said something that was deleted".to_owned(), None),
            Action::Merged { errors: others } => (format!("merged {} into it", errors(&others)), None),
            Action::Unmerged { errors: others } => (format!("took {} out of it", errors(&others)), None),
        };
        HistoryEntry { at: Moment::new(self.at, now), by, what, comment }
    }
}

/// Until when something is muted, in words; nothing if for ever.
fn limits(until: Option<Timestamp>, until_count: Option<u64>) -> String {
    let until = until.map(|until| format!(" until {} UTC", minute(until)));
    let count = until_count.map(|count| format!(" until it was seen {count} times"));
    [until, count].into_iter().flatten().collect::<Vec<_>>().join(" or")
}

/// A time as people write it, in UTC.
fn minute(at: Timestamp) -> String {
    at.to_string()[..16].replace('T', " ")
}

impl Seen {
    fn drawn(self, base: &str, now: Timestamp) -> Option<OccurrenceView> {
        let occurrence: Occurrence = serde_json::from_value(self.error["event"].clone()).ok()?;
        let place = |id: &str| format!("{base}/occurrences/{id}");
        let steps = Steps {
            first: self.older.is_some().then(|| place("first")),
            older: self.older.as_deref().map(place),
            newer: self.newer.as_deref().map(place),
            last: self.newer.is_some().then(|| place("last")),
            raw: format!("/pages{}", place(self.error["reversedUnixtime"].as_str()?)),
        };
        let why = grouping::explain(&occurrence).1;
        Some(OccurrenceView::new(&occurrence, Some(why), steps, now))
    }
}

fn head(error: Entry, parts: Vec<Entry>, now: Timestamp) -> ErrorHead {
    let moment = |at| Moment::new(at, now);
    let status_note = match &error.resolution {
        Some(resolution) => Some(format!("in the release after {}", resolution.after)),
        None => Some(limits(error.muted_until, error.muted_until_count).trim().to_owned()),
    };
    let issues = error.issues.into_iter().filter(|issue| issue.url.starts_with("https://"));
    // The first part is the error itself, as it would be alone.
    let parts = parts.into_iter().skip(1);
    ErrorHead {
        level: error.level.as_str(),
        status: error.status.as_str(),
        status_note: status_note.filter(|note| !note.is_empty()),
        regressed: error.regression.map(|regression| (moment(regression.at), regression.release)),
        first_seen: moment(error.first_seen),
        last_seen: moment(error.last_seen),
        issues: issues.map(|issue| IssueLink { number: issue.number, url: issue.url }).collect(),
        parts: parts.map(|part| Part { fingerprint: part.fingerprint, count: part.count }).collect(),
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

/// `POST /pages/projects/{project}/errors/{error}`: one of the head's forms.
pub(super) async fn change(
    State(pages): State<Pages>,
    visit: Visit,
    Path((project, error)): Path<(String, String)>,
    request: Request<Body>,
) -> Result<Response, Refused> {
    let form = Form::read(request.into_body()).await?;
    visit.check(&form)?;
    let base = format!("/projects/{}/errors/{}", encoded(&project), encoded(&error));
    let field = |name| form.get(name).unwrap_or_default();
    let status = |status: &str| (Method::PATCH, base.clone(), json!({ "status": status }));
    let (call, done) = match field("do") {
        "resolve" => (status("resolved"), "changed"),
        "unresolve" => (status("unresolved"), "changed"),
        "resolve-next" => {
            ((Method::PATCH, base.clone(), json!({ "status": "resolved", "inNextRelease": true })), "changed")
        }
        "mute" => ((Method::PATCH, base.clone(), mute(field("until"), visit.now)), "changed"),
        "assign" => {
            let assignee = form.get("assignee").map_or(Value::Null, Value::from);
            ((Method::PATCH, base.clone(), json!({ "assignee": assignee })), "changed")
        }
        "comment" => ((Method::POST, format!("{base}/comments"), json!({ "text": field("comment") })), "commented"),
        "unmerge" => ((Method::POST, format!("{base}/unmerge"), json!({ "errors": [field("part")] })), "changed"),
        "delete" => ((Method::DELETE, base.clone(), Value::Null), "deleted"),
        _ => return Ok(Redirect::to(&base).into_response()),
    };
    let (method, path, body) = call;
    pages.call(&visit, method, &path, &body).await?;
    let back = match done {
        "deleted" => format!("/projects/{}/errors?status=unresolved&done=deleted", encoded(&project)),
        done => format!("{base}?done={done}"),
    };
    Ok(Redirect::to(&back).into_response())
}

/// For how long to mute: hours and days by `h` and `d`, so many more occurrences by `n`, for ever by nothing.
fn mute(until: &str, now: Timestamp) -> Value {
    let number = |text: &str| text.parse::<i64>().ok().filter(|number| *number > 0);
    let after = |seconds: i64| json!({ "status": "muted", "until": now.plus_seconds(seconds).to_string() });
    if let Some(more) = until.strip_prefix('n').and_then(number) {
        return json!({ "status": "muted", "occurrences": more });
    }
    match (until.strip_suffix('h').and_then(number), until.strip_suffix('d').and_then(number)) {
        (Some(hours), _) => after(hours * 3_600),
        (_, Some(days)) => after(days * 86_400),
        _ => json!({ "status": "muted" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mute_is_for_hours_days_or_so_many_more() {
        let now = Timestamp::parse("2026-11-21T12:00:00Z").unwrap();
        assert_eq!(mute("1h", now)["until"], "2026-11-21T13:00:00+00:00");
        assert_eq!(mute("7d", now)["until"], "2026-11-28T12:00:00+00:00");
        assert_eq!(mute("n10", now), json!({ "status": "muted", "occurrences": 10 }));
        for for_ever in ["", "x", "n", "-1h"] {
            assert_eq!(mute(for_ever, now), json!({ "status": "muted" }));
        }
    }

    #[test]
    fn a_range_is_named_or_given() {
        let now = Timestamp::parse("2026-11-21T12:00:00Z").unwrap();
        let range = |query: &str| Range::of(&format!("/x?{query}").parse().unwrap(), now);
        assert_eq!((range("").unit, range("").choice), ("hour", Some(DEFAULT)));
        assert_eq!(range("range=90d").unit, "day");
        let zoomed = range("from=2026-11-21T10:00:00Z&to=2026-11-21T11:00:00Z");
        assert_eq!((zoomed.unit, zoomed.choice), ("minute", None));
        assert_eq!(range("from=2026-11-21T10:00:00Z&to=2026-11-20T10:00:00Z").choice, Some(DEFAULT), "backwards");
    }
}
