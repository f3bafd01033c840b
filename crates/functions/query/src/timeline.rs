//! `GET /timeline`, `GET /projects/{project}/timeline`, `GET …/errors/{message}/timeline`: how many events there were in
//! each minute, hour or day of a range.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use http::{Request, Uri};
use http_common::Answer;
use http_common::describe::{Description, Operation};
use model::outcome::{Reason, Refusal};
use model::project::TimeUnit;
use model::time::Timestamp;
use model::timeline::{Chart, Timeline, Zone};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use store::ports::{Project, Release, Scope, Whole};

use crate::Query;
use crate::errors::{named, named_operation};
use crate::list::{Parameters, moment, parameter};
use crate::projects::existing;

/// The most releases that are marked in a timeline: those that came last.
const MAX_RELEASES: usize = 50;

pub(crate) fn routes() -> Router<Arc<Query>> {
    Router::new().route("/timeline", get(handle_stack)).route("/projects/{project}/timeline", get(handle_project))
}

pub(crate) fn describe(api: &mut Description) {
    api.tag("figures");
    let says = "Counted besides: a process that dies may leave a batch out, or count one twice.";
    range(api.operation("get", "/timeline", "getTimeline", "Counts all events of the stack").says(says));
    let path = "/projects/{project}/timeline";
    range(api.operation("get", path, "getProjectTimeline", "Counts all events of a project").says(says).project());
    let path = "/projects/{project}/errors/{message}/timeline";
    range(named_operation(api.operation("get", path, "getErrorTimeline", "Counts the occurrences of an error")));
}

fn range(operation: Operation<'_>) {
    let units = json!({ "type": "string", "enum": ["minute", "hour", "day"], "default": "hour" });
    let zone = json!({ "type": "string", "default": "UTC", "examples": ["Europe/Berlin"] });
    operation
        .parameter(
            "query",
            "unit",
            "what is counted in: at most 25 hours by the minute, 62 days by the hour, 400 days",
            units,
        )
        .parameter("query", "timezone", "whose hours and days, by its IANA name", zone)
        .query::<Timestamp>("start", "where it begins; without, an hour, a day, or 30 days before the end")
        .query::<Timestamp>("end", "where it ends; without, now")
        .data::<Drawn<'_>>(200, "whole units, with a number for each");
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Timeline")]
struct Drawn<'a> {
    unit: TimeUnit,
    timezone: &'a str,
    /// When the first unit begins, by the clocks of the time zone.
    start: String,
    /// When the last one ends.
    end: String,
    total_count: u64,
    #[schemars(length(max = Chart::MOST))]
    points: Vec<Point>,
    /// The releases of the project that were first seen in the range, the last one first; none of the stack.
    #[schemars(length(max = MAX_RELEASES))]
    releases: Vec<Mark>,
    /// Whether there were more of them.
    more_releases: bool,
}

#[derive(Serialize, JsonSchema)]
struct Point {
    start: String,
    count: u64,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ReleaseMark")]
struct Mark {
    release: String,
    first_seen: String,
}

async fn handle_stack(State(query): State<Arc<Query>>, request: Request<Body>) -> Response {
    query.answer(of_stack(&query, request)).await
}

async fn handle_project(State(query): State<Arc<Query>>, request: Request<Body>) -> Response {
    query.answer(of_project(&query, request)).await
}

async fn of_stack(query: &Query, request: Request<Body>) -> Answer {
    let caller = query.gate.caller_in(&request).await?;
    if let Scope::Project(..) = caller.reads()? {
        let message = "this key is of one project: use a key of the whole stack, or ask for the project's timeline";
        return Err(Refusal::new(Reason::KeyProject, message));
    }
    let drawing = Drawing::of(request.uri(), query)?;
    let timeline = query.totals.totals(Whole::Stack, drawing.chart.hours()).await;
    drawing.answer(query, None, &timeline?).await
}

async fn of_project(query: &Query, request: Request<Body>) -> Answer {
    let caller = query.gate.caller_in(&request).await?;
    let name = http_common::project_in(request.uri().path())?;
    caller.reads()?;
    let drawing = Drawing::of(request.uri(), query)?;
    let project = existing(query, &caller, &name).await?;
    let timeline = query.totals.totals(Whole::Project(project.id), drawing.chart.hours()).await;
    drawing.answer(query, Some(&project), &timeline?).await
}

/// That of an error is the sum over all that is merged into it.
pub(crate) async fn of_error(query: &Query, project: &Project, message: &str, uri: &Uri) -> Answer {
    let drawing = Drawing::of(uri, query)?;
    let error = named(query, project, message).await?;
    let timeline = query.occurrences.timeline_of(&error, drawing.chart.hours()).await?;
    drawing.answer(query, Some(project), &timeline).await
}

/// What a request wants to have drawn.
struct Drawing {
    unit: TimeUnit,
    zone: Zone,
    chart: Chart,
}

impl Drawing {
    /// `unit`, `timezone`, `start` and `end`: without, the newest hour by the minute, day by the hour, or thirty days.
    fn of(uri: &Uri, query: &Query) -> Result<Self, Refusal> {
        let parameters = Parameters::of(uri);
        let unit = parameters.parsed("unit", |word| {
            TimeUnit::parse(word).ok_or_else(|| format!("`{word}` is no unit: use `minute`, `hour` or `day`"))
        })?;
        let unit = unit.unwrap_or(TimeUnit::Hour);
        let zone = parameters.parsed("timezone", Zone::parse)?.unwrap_or_default();
        let units = match unit {
            TimeUnit::Minute => 60,
            TimeUnit::Hour => 24,
            TimeUnit::Day => 30,
        };
        let end = parameters.parsed("end", moment)?.unwrap_or_else(|| query.clock.now().plus_seconds(1));
        let start = parameters.parsed("start", moment)?;
        let start = start.unwrap_or_else(|| end.plus_seconds(-(units - 1) * unit.seconds()));
        let chart = Chart::new(unit, &zone, start, end).map_err(|error| parameter("end", error))?;
        Ok(Self { unit, zone, chart })
    }

    /// With the releases of the project that were first seen in the range.
    async fn answer(&self, query: &Query, project: Option<&Project>, timeline: &Timeline) -> Answer {
        let counts = self.chart.counts(timeline);
        let total: u64 = counts.iter().map(|(_, count)| count).sum();
        let point = |(start, count)| Point { start: self.zone.text(start), count };
        let points = counts.into_iter().map(point).collect();
        let (mut marks, mut more_releases) = (Vec::new(), false);
        if let Some(project) = project {
            let range = self.chart.start()..self.chart.end();
            let releases = query.releases.releases(project.id, range, None, MAX_RELEASES).await?;
            more_releases = releases.next.is_some();
            let mark =
                |release: Release| Mark { first_seen: self.zone.text(release.first_seen), release: release.name };
            marks = releases.items.into_iter().map(mark).collect();
        }
        http_common::data(Drawn {
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
