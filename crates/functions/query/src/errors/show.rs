//! `GET /projects/{project}/errors/{message}`: the newest occurrence, and the timeline of a range.

use http::Uri;
use http_common::{Answer, ReadableProject};
use model::error::ErrorAggregate;
use model::outcome::Refusal;
use model::timeline::Hour;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use crate::Query;
use crate::list::{Parameters, parse_moment, refuse_parameter};
use crate::lookup::find_error;
use crate::occurrences::load_newest;
use crate::views::{self, TimelineEntry};

/// The longest range, in days. A timeline has an item for each hour.
const MAX_DAYS: i64 = 400;
/// The most minutes of a range.
const MAX_MINUTES: i64 = MAX_DAYS * 24 * 60 + 1;

pub(super) async fn show(query: &Query, project: &ReadableProject, message: &str, uri: &Uri) -> Answer {
    let parameters = Parameters::parse(uri);
    let (month, next_month) = query.clock.now().month();
    let start = parameters.parsed("start", parse_moment)?.unwrap_or(month);
    let end = parameters.parsed("end", parse_moment)?.unwrap_or(next_month.max(start));
    if end < start {
        return Err(refuse_parameter("end", format!("{end} is before the start, {start}")));
    }
    if end.seconds() - start.seconds() > MAX_DAYS * 86_400 {
        return Err(refuse_parameter("end", format!("the range has more than {MAX_DAYS} days: request it in parts")));
    }

    let error = find_error(query, project, message).await?;
    let timeline = query.stores.occurrences.timeline_of(&error, Hour::of(start)..=Hour::of(end)).await?;
    let timeline = timeline.between(start, end);
    let entries: Vec<_> = timeline
        .minutes()
        .map(|(minute, count)| views::describe_minute(&project.name, &error, minute, count))
        .collect();
    let mut data = json!({
        "error": add_newest(query, project, &error).await?,
        "timeline": Minutes { total_count: timeline.total(), scanned_count: entries.len(), errors: entries },
    });
    if error.merged.is_some() {
        data["parts"] = list_parts(query, project, error).await?;
    }
    http_common::data(data)
}

/// The parts of a merged error, each as it would be without the merge, the error itself first.
async fn list_parts(query: &Query, project: &ReadableProject, error: ErrorAggregate) -> Result<Value, Refusal> {
    let family = query.stores.merges.family(project.id, &error.fingerprint).await?;
    let parts = family.map(|family| family.merged_errors).unwrap_or_default();
    let incarnations = std::iter::once(error.without_merged()).chain(parts);
    Ok(incarnations.map(|incarnation| json!(views::describe_error(&project.name, &incarnation))).collect())
}

/// The error's fields together with those of its newest occurrence. If all occurrences have expired, only the former.
async fn add_newest(query: &Query, project: &ReadableProject, error: &ErrorAggregate) -> Result<Value, Refusal> {
    let mut entry = json!(views::describe_error(&project.name, error));
    match load_newest(query, project, error).await? {
        Some(Value::Object(occurrence)) => {
            for (key, value) in occurrence {
                entry[key] = value;
            }
        }
        _ => entry["expired"] = true.into(),
    }
    Ok(entry)
}

/// The minutes of a range in which an error occurred.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Minutes<'a> {
    /// The number of occurrences in the range.
    total_count: u64,
    /// The number of minutes with occurrences.
    scanned_count: usize,
    /// The minutes with occurrences.
    #[schemars(length(max = MAX_MINUTES))]
    errors: Vec<TimelineEntry<'a>>,
}
