//! What v1's clients read. Each entry has v1's keys, and beside them what the model knows more.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use model::error::{ErrorAggregate, Link, MergeFamily, Regression, Status};
use model::id::{Fingerprint, OccurrenceId, ProjectName};
use model::occurrence::{Frame, Level, Occurrence, Source};
use model::time::Timestamp;
use model::timeline::Minute;

/// The most issues that are shown of an error. It has one for each repository that a rule ever named.
const MAX_LINKS: usize = 100;

/// An error as an entry of a list.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Error")]
pub(crate) struct ErrorEntry<'a> {
    project: &'a ProjectName,
    /// What went wrong; what is long is cut.
    message: &'a str,
    /// Its type, such as `TypeError`.
    #[serde(rename = "type")]
    kind: &'a str,
    status: Status,
    /// How often it occurred.
    count: u64,
    /// When it was last seen, as v1 calls it.
    last_updated: Timestamp,
    fingerprint: Fingerprint,
    first_seen: Timestamp,
    last_seen: Timestamp,
    level: Level,
    /// The language or platform.
    platform: &'a str,
    /// Where it went wrong, in a few words.
    culprit: Option<&'a str>,
    /// Until when it is muted.
    muted_until: Option<Timestamp>,
    /// Until which `count` it is muted.
    muted_until_count: Option<u64>,
    /// In which way it is resolved, if not everywhere and at once.
    resolution: Option<ResolutionEntry<'a>>,
    /// That it came back after it was resolved: the last time.
    regression: Option<RegressionEntry<'a>>,
    /// Who is to look after it.
    assignee: Option<&'a str>,
    /// The fingerprints of what is merged into it.
    #[schemars(length(max = MergeFamily::MAX_INCARNATIONS))]
    merged: Vec<Fingerprint>,
    /// About how many users it had: exact up to 48, beyond with a standard error of 6.5 %.
    users: u64,
    /// How often it was seen in each of the newest 24 hours of UTC in which it was seen at all, the oldest first.
    #[schemars(length(max = 24))]
    hours: Vec<HourEntry>,
    /// Its issues elsewhere.
    #[schemars(length(max = MAX_LINKS))]
    issues: Vec<&'a Link>,
}

/// How often an error was seen in an hour.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Hour")]
struct HourEntry {
    start: Timestamp,
    count: u64,
}

/// That an error is resolved in the next release.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Resolution")]
struct ResolutionEntry<'a> {
    /// Always true.
    in_next_release: bool,
    /// The newest release when it was resolved.
    after: &'a str,
}

/// That an error came back.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Regression")]
struct RegressionEntry<'a> {
    at: Timestamp,
    /// The release that it came back in.
    release: Option<&'a str>,
    /// How often it came back, with this time.
    count: u64,
}

impl<'a> RegressionEntry<'a> {
    fn new(regression: &'a Regression) -> Self {
        Self { at: regression.at, release: regression.release.as_deref(), count: regression.count }
    }
}

/// An error as an entry of a list.
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
        merged: error.merged_errors().iter().map(|part| part.fingerprint).collect(),
        users: error.users.count(),
        hours: error.hours.counts().map(|(hour, count)| HourEntry { start: hour.start(), count }).collect(),
        issues: error.links.values().take(MAX_LINKS).collect(),
    }
}

/// A minute of an error's timeline.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct TimelineEntry<'a> {
    /// What names the error, as v1 did.
    key: String,
    /// The beginning of the minute.
    timestamp: Timestamp,
    /// How often the error occurred in it.
    count: u64,
    project: &'a ProjectName,
    message: &'a str,
    /// The error's type.
    #[serde(rename = "type")]
    kind: &'a str,
}

/// A minute of an error's timeline.
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

/// An occurrence: v1's keys as its client sent them, and under `event` the whole of it as it is stored.
pub(crate) fn describe_occurrence(project: &ProjectName, id: &OccurrenceId, occurrence: &Occurrence) -> Value {
    let mut entry = match occurrence.source {
        Source::V1 => occurrence.other.clone(),
        Source::Sentry | Source::Security => Map::new(),
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

/// What stands at a key of v1's in an occurrence of another client.
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

/// v1's backtrace, raising frame first.
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

/// v1's `code`: line number to source.
fn code(frame: &Frame) -> Option<Value> {
    let line = frame.lineno?;
    let context = frame.context_line.clone()?;
    let before = (line.saturating_sub(frame.pre_context.len() as u64)..line).zip(frame.pre_context.iter().cloned());
    let after = (line + 1..).zip(frame.post_context.iter().cloned());
    let lines = before.chain([(line, context)]).chain(after);
    Some(Value::Object(lines.map(|(line, source)| (line.to_string(), source.into())).collect()))
}
