//! The JSON views of errors and occurrences. Each has the keys that v1's clients read, and further keys.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use model::error::{ErrorAggregate, Link, MergeFamily, Regression, Status};
use model::id::{Fingerprint, OccurrenceId, ProjectName, UserId};
use model::occurrence::{Frame, Level, Occurrence, Source};
use model::time::Timestamp;
use model::timeline::Minute;

/// The most issues that are shown per error. An error has one for each repository that a rule ever named.
const MAX_LINKS: usize = 100;

/// An error, as lists show it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Error")]
pub(crate) struct ErrorEntry<'a> {
    project: &'a ProjectName,
    /// The error's message. Long messages are cut.
    message: &'a str,
    /// The type, such as `TypeError`.
    #[serde(rename = "type")]
    kind: &'a str,
    status: Status,
    /// The number of occurrences.
    count: u64,
    /// Same as `lastSeen`. The key of v1.
    last_updated: Timestamp,
    fingerprint: Fingerprint,
    first_seen: Timestamp,
    last_seen: Timestamp,
    level: Level,
    /// The language or platform.
    platform: &'a str,
    /// Where the error occurs, in a few words.
    culprit: Option<&'a str>,
    /// When the mute ends, if it has a time limit.
    muted_until: Option<Timestamp>,
    /// The `count` at which the mute ends, if it has a limit of occurrences.
    muted_until_count: Option<u64>,
    /// Set if the error is resolved in the next release only.
    resolution: Option<ResolutionEntry<'a>>,
    /// The last regression, if the error came back after it was resolved.
    regression: Option<RegressionEntry<'a>>,
    /// The name or email address of the assignee.
    assignee: Option<&'a str>,
    /// The user who is the assignee; null if the assignee is text only.
    assignee_user: Option<UserId>,
    /// The fingerprints of the errors that are merged into it.
    #[schemars(length(max = MergeFamily::MAX_INCARNATIONS))]
    merged: Vec<Fingerprint>,
    /// The number of affected users: exact up to 48, above that an estimate with a standard error of 6.5 %.
    users: u64,
    /// Occurrences per hour (UTC), for the newest 24 hours that have any, oldest first.
    #[schemars(length(max = 24))]
    hours: Vec<HourEntry>,
    /// Its issues on GitHub and GitLab.
    #[schemars(length(max = MAX_LINKS))]
    issues: Vec<&'a Link>,
}

/// The number of occurrences of an error in an hour.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Hour")]
struct HourEntry {
    start: Timestamp,
    count: u64,
}

/// How an error is resolved in the next release.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Resolution")]
struct ResolutionEntry<'a> {
    /// Always true.
    in_next_release: bool,
    /// The newest release at the time it was resolved.
    after: &'a str,
}

/// A regression of an error.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Regression")]
struct RegressionEntry<'a> {
    at: Timestamp,
    /// The release in which it regressed.
    release: Option<&'a str>,
    /// The number of regressions so far, including this one.
    count: u64,
}

impl<'a> RegressionEntry<'a> {
    fn new(regression: &'a Regression) -> Self {
        Self { at: regression.at, release: regression.release.as_deref(), count: regression.count }
    }
}

/// Describes an error, without its occurrences.
pub(crate) fn describe_error<'a>(project: &'a ProjectName, error: &'a ErrorAggregate) -> ErrorEntry<'a> {
    ErrorEntry {
        project,
        message: &error.message,
        kind: &error.kind,
        status: error.status,
        count: error.count,
        last_updated: error.last_seen,
        fingerprint: error.fingerprint,
        first_seen: error.first_seen,
        last_seen: error.last_seen,
        level: error.level,
        platform: &error.platform,
        culprit: error.culprit.as_deref(),
        muted_until: error.mute.and_then(|mute| mute.until),
        muted_until_count: error.mute.and_then(|mute| mute.until_count),
        resolution: error.resolution.as_ref().map(|it| ResolutionEntry { in_next_release: true, after: &it.after }),
        regression: error.regression.as_ref().map(RegressionEntry::new),
        assignee: error.assignee.as_deref(),
        assignee_user: error.assignee_user,
        merged: error.merged_errors().iter().map(|part| part.fingerprint).collect(),
        users: error.users.count(),
        hours: error.hours.counts().map(|(hour, count)| HourEntry { start: hour.start(), count }).collect(),
        issues: error.links.values().take(MAX_LINKS).collect(),
    }
}

/// A minute of an error's timeline.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct TimelineEntry<'a> {
    /// The key of the error, as in v1.
    key: String,
    /// The start of the minute.
    timestamp: Timestamp,
    /// The number of occurrences in the minute.
    count: u64,
    project: &'a ProjectName,
    message: &'a str,
    /// The error's type.
    #[serde(rename = "type")]
    kind: &'a str,
}

/// Describes a minute of an error's timeline.
pub(crate) fn describe_minute<'a>(
    project: &'a ProjectName,
    error: &'a ErrorAggregate,
    minute: Minute,
    count: u64,
) -> TimelineEntry<'a> {
    TimelineEntry {
        key: format!("{project}#{}", error.fingerprint),
        timestamp: minute.start(),
        count,
        project,
        message: &error.message,
        kind: &error.kind,
    }
}

/// Describes an occurrence: v1's keys as the client sent them, and under `event` the whole event as it is stored.
pub(crate) fn describe_occurrence(project: &ProjectName, id: &OccurrenceId, occurrence: &Occurrence) -> Value {
    let mut entry = match occurrence.source {
        Source::V1 => occurrence.other.clone(),
        Source::Sentry | Source::Security | Source::Rollbar | Source::Airbrake | Source::Bugsnag | Source::Otlp => {
            Map::new()
        }
    };
    let mut put = |key: &str, value: Value| drop(entry.insert(key.to_owned(), value));
    put("project", project.as_str().into());
    put("type", occurrence.kind.as_str().into());
    put("message", occurrence.message.as_str().into());
    put("timestamp", occurrence.timestamp.to_string().into());
    put("backtrace", describe_backtrace(occurrence));
    put("notifier", Value::Object(occurrence.sdk.clone()));
    for key in ["context", "environment", "session", "params"] {
        let context = occurrence.contexts.get(key).cloned();
        put(key, context.unwrap_or_else(|| Value::Object(find_stand_in(key, occurrence))));
    }
    put("eventId", occurrence.event_id.to_string().into());
    put("level", occurrence.level.as_str().into());
    put("platform", occurrence.platform.as_str().into());
    put("reversedUnixtime", id.to_string().into());
    put("event", serde_json::to_value(occurrence).expect("an occurrence has text keys only"));
    Value::Object(entry)
}

/// Returns the value of a v1 key for an occurrence that was not sent through v1's API.
fn find_stand_in(key: &str, occurrence: &Occurrence) -> Map<String, Value> {
    if occurrence.source == Source::V1 {
        return Map::new();
    }
    match key {
        "context" => {
            let facts = [
                ("environment", &occurrence.environment),
                ("version", &occurrence.release),
                ("action", &occurrence.transaction),
            ];
            facts.into_iter().filter_map(|(key, fact)| Some((key.to_owned(), fact.clone()?.into()))).collect()
        }
        "params" => occurrence.extra.clone(),
        _ => Map::new(),
    }
}

/// The frames as v1's `backtrace`, raising frame first.
fn describe_backtrace(occurrence: &Occurrence) -> Value {
    let stack = occurrence.exceptions.last().and_then(|exception| exception.stacktrace.as_ref());
    let frames = stack.or(occurrence.stacktrace.as_ref()).map(|stack| stack.frames.as_slice()).unwrap_or_default();
    frames.iter().rev().map(frame).collect()
}

fn frame(frame: &Frame) -> Value {
    let mut entry = Map::new();
    let mut put = |key: &str, value: Option<Value>| value.map(|value| entry.insert(key.to_owned(), value));
    put("file", frame.filename.clone().map(Value::from));
    put("function", frame.function.clone().map(Value::from));
    put("line", frame.lineno.map(Value::from));
    put("column", frame.colno.map(Value::from));
    put("code", frame.other.get("code").cloned().or_else(|| code(frame)));
    for (key, value) in &frame.other {
        entry.entry(key.clone()).or_insert_with(|| value.clone());
    }
    Value::Object(entry)
}

/// The source lines as v1's `code`: a map from line number to source.
fn code(frame: &Frame) -> Option<Value> {
    let line = frame.lineno?;
    let context = frame.context_line.clone()?;
    let before = (line.saturating_sub(frame.pre_context.len() as u64)..line).zip(frame.pre_context.iter().cloned());
    let after = (line + 1..).zip(frame.post_context.iter().cloned());
    let lines = before.chain([(line, context)]).chain(after);
    Some(Value::Object(lines.map(|(line, source)| (line.to_string(), source.into())).collect()))
}
