//! What v1's clients read. Each entry has v1's keys, and beside them what the model knows more.

use serde_json::{Map, Value, json};

use crate::error::ErrorAggregate;
use crate::id::{OccurrenceId, ProjectName};
use crate::occurrence::{Frame, Occurrence, Source};
use crate::timeline::Minute;

/// An error as an entry of a list.
pub fn error_entry(project: &ProjectName, error: &ErrorAggregate) -> Value {
    json!({
        "project": project,
        "message": error.message,
        "type": error.kind,
        "status": error.status,
        "count": error.count,
        "lastUpdated": error.last_seen,
        "fingerprint": error.fingerprint,
        "firstSeen": error.first_seen,
        "lastSeen": error.last_seen,
        "level": error.level,
        "platform": error.platform,
        "culprit": error.culprit,
        "mutedUntil": error.mute.and_then(|mute| mute.until),
        "mutedUntilCount": error.mute.and_then(|mute| mute.until_count),
        "resolution": error.resolution.as_ref().map(|it| json!({ "inNextRelease": true, "after": it.after })),
        "regression": error.regression.as_ref().map(|it| json!({ "at": it.at, "release": it.release, "count": it.count })),
        "assignee": error.assignee,
        "issues": error.links.values().collect::<Vec<_>>(),
    })
}

/// A minute of an error's timeline.
pub fn timeline_entry(project: &ProjectName, error: &ErrorAggregate, minute: Minute, count: u64) -> Value {
    json!({
        "key": format!("{project}#{}", error.fingerprint),
        "timestamp": minute.start(),
        "count": count,
        "project": project,
        "message": error.message,
        "type": error.kind,
    })
}

/// An occurrence: v1's keys as its client sent them, and under `event` the whole of it as it is stored.
pub fn occurrence_entry(project: &ProjectName, id: &OccurrenceId, occurrence: &Occurrence) -> Value {
    let mut entry = match occurrence.source {
        Source::V1 => occurrence.other.clone(),
        Source::Sentry | Source::Security => Map::new(),
    };
    let mut put = |key: &str, value: Value| drop(entry.insert(key.to_owned(), value));
    put("project", project.as_str().into());
    put("type", occurrence.kind.as_str().into());
    put("message", occurrence.message.as_str().into());
    put("timestamp", occurrence.timestamp.to_string().into());
    put("backtrace", backtrace(occurrence));
    put("notifier", Value::Object(occurrence.sdk.clone()));
    for key in ["context", "environment", "session", "params"] {
        let context = occurrence.contexts.get(key).cloned();
        put(key, context.unwrap_or_else(|| Value::Object(stand_in(key, occurrence))));
    }
    put("eventId", occurrence.event_id.to_string().into());
    put("level", occurrence.level.as_str().into());
    put("platform", occurrence.platform.as_str().into());
    put("reversedUnixtime", id.to_string().into());
    put("event", serde_json::to_value(occurrence).expect("an occurrence has text keys only"));
    Value::Object(entry)
}

/// What stands at a key of v1's in an occurrence of another client.
fn stand_in(key: &str, occurrence: &Occurrence) -> Map<String, Value> {
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
fn backtrace(occurrence: &Occurrence) -> Value {
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
