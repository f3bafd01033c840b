//! `GET /timeline`, `GET /projects/{project}/timeline`, `GET …/errors/{message}/timeline`: the number of events in each
//! minute, hour or day of a range.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use http::Uri;
use http_common::describe::{Description, Operation};
use http_common::{Answer, ProjectReader, Reach, ReadableProject, Reader};
use model::outcome::{Reason, Refusal};
use model::project::TimeUnit;
use model::time::Timestamp;
use model::timeline::{Chart, Timeline, Zone};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use store::ports::{Project, Release, TotalsScope};

use crate::Query;
use crate::errors::describe_error_path;
use crate::list::{Parameters, parse_moment, refuse_parameter};
use crate::lookup::find_error;

/// The most releases that are marked in a timeline: the newest ones.
const MAX_MARKED_RELEASES: usize = 50;

pub(crate) fn routes() -> Router<Arc<Query>> {
    Router::new().route("/timeline", get(handle_stack)).route("/projects/{project}/timeline", get(handle_project))
}

pub(crate) fn describe(api: &mut Description) {
    api.tag("figures");
    let says = "The counts are approximate: if a process dies, a batch may be missing or counted twice.";
    range(api.operation("get", "/timeline", "getTimeline", "Counts all events of the stack").description(says));
    let path = "/projects/{project}/timeline";
    range(
        api.operation("get", path, "getProjectTimeline", "Counts all events of a project").description(says).project(),
    );
    let path = "/projects/{project}/errors/{message}/timeline";
    range(describe_error_path(api.operation("get", path, "getErrorTimeline", "Counts the occurrences of an error")));
}

fn range(operation: Operation<'_>) {
    let units = json!({ "type": "string", "enum": ["minute", "hour", "day"], "default": "hour" });
    let zone = json!({ "type": "string", "default": "UTC", "examples": ["Europe/Berlin"] });
    operation
        .parameter(
            "query",
            "unit",
            "the unit of the points; a range has at most 25 hours in minutes, 62 days in hours or 400 days",
            units,
        )
        .parameter("query", "timezone", "the time zone of hours and days, by its IANA name", zone)
        .query::<Timestamp>("start", "start of the range; default: an hour, a day or 30 days before the end")
        .query::<Timestamp>("end", "end of the range; default: now")
        .data::<TimelineAnswer<'_>>(200, "whole units, each with its count");
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Timeline")]
struct TimelineAnswer<'a> {
    unit: TimeUnit,
    timezone: &'a str,
    /// When the first unit begins, in local time of the time zone.
    start: String,
    /// When the last unit ends.
    end: String,
    total_count: u64,
    #[schemars(length(max = Chart::MAX_BARS))]
    points: Vec<Point>,
    /// The project's releases that were first seen in the range, newest first. Empty for the stack.
    #[schemars(length(max = MAX_MARKED_RELEASES))]
    releases: Vec<ReleaseMark>,
    /// Whether there were more releases than these.
    more_releases: bool,
}

#[derive(Serialize, JsonSchema)]
struct Point {
    start: String,
    count: u64,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ReleaseMark {
    release: String,
    first_seen: String,
}

async fn handle_stack(State(query): State<Arc<Query>>, reader: Reader, uri: Uri) -> Response {
    query.answer(draw_stack(&query, &reader, &uri)).await
}

async fn handle_project(State(query): State<Arc<Query>>, reader: ProjectReader, uri: Uri) -> Response {
    query.answer(draw_project(&query, &reader, &uri)).await
}

async fn draw_stack(query: &Query, reader: &Reader, uri: &Uri) -> Answer {
    if *reader.reach() != Reach::All {
        let message =
            "this needs rights in the whole stack: use a key for all projects, or GET /projects/{project}/timeline";
        return Err(Refusal::new(Reason::KeyProject, message));
    }
    let drawing = Drawing::parse(uri, query)?;
    let timeline = query.stores.totals.totals(TotalsScope::Stack, drawing.chart.hours()).await;
    drawing.answer(query, None, &timeline?).await
}

async fn draw_project(query: &Query, reader: &ProjectReader, uri: &Uri) -> Answer {
    let drawing = Drawing::parse(uri, query)?;
    let project = reader.load_project(query).await?;
    let timeline = query.stores.totals.totals(TotalsScope::Project(project.id), drawing.chart.hours()).await;
    drawing.answer(query, Some(&project), &timeline?).await
}

/// The timeline of an error includes the errors that are merged into it.
pub(crate) async fn draw_error(query: &Query, project: &ReadableProject, message: &str, uri: &Uri) -> Answer {
    let drawing = Drawing::parse(uri, query)?;
    let error = find_error(query, project, message).await?;
    let timeline = query.stores.occurrences.timeline_of(&error, drawing.chart.hours()).await?;
    drawing.answer(query, Some(project), &timeline).await
}

/// The timeline that a request asks for.
struct Drawing {
    unit: TimeUnit,
    zone: Zone,
    chart: Chart,
}

impl Drawing {
    /// Reads `unit`, `timezone`, `start` and `end`. The default range is the last hour in minutes, day in hours, or 30
    /// days.
    fn parse(uri: &Uri, query: &Query) -> Result<Self, Refusal> {
        let parameters = Parameters::parse(uri);
        let unit = parameters.parsed("unit", |word| {
            TimeUnit::parse(word).ok_or_else(|| format!("`{word}` is not a unit: use `minute`, `hour` or `day`"))
        })?;
        let unit = unit.unwrap_or(TimeUnit::Hour);
        let zone = parameters.parsed("timezone", Zone::parse)?.unwrap_or_default();
        let units = match unit {
            TimeUnit::Minute => 60,
            TimeUnit::Hour => 24,
            TimeUnit::Day => 30,
        };
        let end = parameters.parsed("end", parse_moment)?.unwrap_or_else(|| query.clock.now().plus_seconds(1));
        let start = parameters.parsed("start", parse_moment)?;
        let start = start.unwrap_or_else(|| end.plus_seconds(-(units - 1) * unit.seconds()));
        let chart = Chart::new(unit, &zone, start, end).map_err(|error| refuse_parameter("end", error))?;
        Ok(Self { unit, zone, chart })
    }

    /// Builds the answer, with the project's releases that were first seen in the range.
    async fn answer(&self, query: &Query, project: Option<&Project>, timeline: &Timeline) -> Answer {
        let counts = self.chart.counts(timeline);
        let total: u64 = counts.iter().map(|(_, count)| count).sum();
        let point = |(start, count)| Point { start: self.zone.text(start), count };
        let points = counts.into_iter().map(point).collect();
        let (mut marks, mut more_releases) = (Vec::new(), false);
        if let Some(project) = project {
            let range = self.chart.start()..self.chart.end();
            let releases = query.stores.releases.releases(project.id, range, None, MAX_MARKED_RELEASES).await?;
            more_releases = releases.next.is_some();
            let mark = |release: Release| ReleaseMark {
                first_seen: self.zone.text(release.first_seen),
                release: release.name,
            };
            marks = releases.items.into_iter().map(mark).collect();
        }
        http_common::data(TimelineAnswer {
            unit: self.unit,
            timezone: self.zone.name(),
            start: self.zone.text(self.chart.start()),
            end: self.zone.text(self.chart.end()),
            total_count: total,
            points,
            releases: marks,
            more_releases,
        })
    }
}
