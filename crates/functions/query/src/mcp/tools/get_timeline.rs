use briefing::inline;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use web_session::address::{encoded, with_query};

use crate::mcp::api::path;
use crate::mcp::reference::{ErrorReference, find_project};
use crate::mcp::schema::schema_of;
use crate::mcp::tool::{Tool, ToolAnswer, ToolKind, parse_arguments};

/// The most points of an answer: the newest ones.
const MAX_POINTS: usize = 300;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TimelineArguments {
    /// The error: the URL of its page, or its fingerprint. Without it, all events of the project are counted.
    error: Option<String>,
    /// The project. Not needed with a URL, or if the key is for one project.
    project: Option<String>,
    /// The unit of the points. Default: `hour`. A range has at most 25 hours in minutes, 62 days in hours or 400 days.
    unit: Option<TimelineUnit>,
    /// Start of the range. Default: an hour, a day or 30 days before the end.
    start: Option<String>,
    /// End of the range. Default: now.
    end: Option<String>,
    /// The time zone of hours and days, by its IANA name. Default: UTC.
    timezone: Option<String>,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum TimelineUnit {
    Minute,
    Hour,
    Day,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CountedTimeline {
    unit: String,
    timezone: String,
    start: String,
    end: String,
    total_count: u64,
    points: Vec<CountedPoint>,
    releases: Vec<MarkedRelease>,
}

#[derive(Deserialize)]
struct CountedPoint {
    start: String,
    count: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MarkedRelease {
    release: String,
    first_seen: String,
}

pub(super) const TOOL: Tool = Tool {
    name: "get_timeline",
    title: "Get a timeline",
    description: "How often an error, or any error of a project, occurred in each minute, hour or day, and which releases were first \
                  seen in that time. Units without occurrences are left out.",
    kind: ToolKind::Reads,
    schema: schema_of::<TimelineArguments>,
    run: |api, arguments| {
        Box::pin(async move {
            let arguments: TimelineArguments = parse_arguments(arguments)?;
            let given = arguments.project.as_deref();
            let base = match arguments.error.as_deref().map(ErrorReference::parse) {
                Some(error) => path(&error.find_project(api, given).await?, &error.error),
                None => format!("/projects/{}", encoded(&find_project(api, given).await?)),
            };
            let unit = match arguments.unit.unwrap_or(TimelineUnit::Hour) {
                TimelineUnit::Minute => "minute",
                TimelineUnit::Hour => "hour",
                TimelineUnit::Day => "day",
            };
            let text = |text: &Option<String>| text.clone().unwrap_or_default();
            let (start, end, zone) = (text(&arguments.start), text(&arguments.end), text(&arguments.timezone));
            let parameters = [("unit", unit), ("start", &start), ("end", &end), ("timezone", &zone)];
            let timeline: CountedTimeline = api.get(&with_query(format!("{base}/timeline"), parameters)).await?;
            let points: Vec<_> = timeline.points.iter().filter(|point| point.count > 0).collect();
            let left_out = points.len().saturating_sub(MAX_POINTS);
            let cut = if left_out > 0 { vec![format!("{left_out} older points")] } else { Vec::new() };
            let points: Vec<Value> = points[left_out..].iter().map(|point| json!([point.start, point.count])).collect();
            let marks = timeline.releases.iter().take(20);
            let marks: Vec<_> = marks.map(|mark| json!([mark.first_seen, inline(&mark.release, 80)])).collect();
            let facts = json!({
                "unit": timeline.unit,
                "timezone": timeline.timezone,
                "start": timeline.start,
                "end": timeline.end,
                "totalCount": timeline.total_count,
                "points": points,
            });
            ToolAnswer::new(facts, json!({ "releasesFirstSeen": marks })).cut(cut).text()
        })
    },
};
