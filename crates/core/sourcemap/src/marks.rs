//! The keys that look-ups write into the `data` of a frame.

use model::id::DebugId;
use model::occurrence::{Exception, Frame};
use serde_json::{Map, Value};

/// The key of the minified frame in a frame's `data`.
const MINIFIED: &str = "minified";
/// The key of the reason why a frame, or its source, is not shown as it was written.
const PROBLEM: &str = "sourceMapProblem";
/// Sent frames that are not shown, because compilers moved their code out of the frame that has this key.
const OUTLINED: &str = "outlined";
/// The mark of a frame that was not sent: its call was inlined into the frame before it.
const INLINED: &str = "inlined";
/// The debug id of the source map. Grouping looks at it: functions of mapped frames do not count.
const SOURCE_MAP: &str = "sourcemap";
/// The id of the ProGuard mapping.
const MAPPING: &str = "mapping";

/// The minified frame of a mapped one.
pub fn minified_of(frame: &Frame) -> Option<&Map<String, Value>> {
    frame.other.get("data")?.get(MINIFIED)?.as_object()
}

/// Why a frame, or its source, is not shown as it was written: a sentence.
pub fn problem_of(frame: &Frame) -> Option<&str> {
    frame.other.get("data")?.get(PROBLEM)?.as_str()
}

/// Returns the frames as they were sent, of a frame that may have been mapped: none if it was inlined.
pub fn sent_frames(frame: &Frame) -> Vec<Frame> {
    let Some(data) = frame.other.get("data") else { return vec![frame.clone()] };
    if data.get(INLINED).is_some() {
        return Vec::new();
    }
    let Some(minified) = minified_of(frame) else { return vec![frame.clone()] };
    let outlined = data.get(OUTLINED).and_then(Value::as_array);
    let outlined = outlined.into_iter().flatten().filter_map(Value::as_object);
    let read = |frame: &Map<String, Value>| serde_json::from_value(Value::Object(frame.clone())).unwrap_or_default();
    [minified].into_iter().chain(outlined).map(read).collect()
}

/// Whether a frame was not sent, because its call was inlined.
pub fn is_inlined(frame: &Frame) -> bool {
    frame.other.get("data").is_some_and(|data| data.get(INLINED).is_some())
}

/// Whether a frame is not as it was sent.
pub fn is_rewritten(frame: &Frame) -> bool {
    minified_of(frame).is_some() || is_inlined(frame)
}

/// Notes why a frame, or its source, is not shown as it was written.
pub fn note_problem(frame: &mut Frame, sentence: &str) {
    data(frame).insert(PROBLEM.to_owned(), sentence.into());
}

/// Keeps a frame as it was sent, before it is changed. `outlined` are frames that are not shown any more, innermost first.
pub fn keep_minified(frame: &mut Frame, outlined: &[Frame]) {
    let minified = Value::Object(place_of(frame));
    let outlined: Vec<_> = outlined.iter().rev().map(|frame| Value::Object(place_of(frame))).collect();
    let data = data(frame);
    data.insert(MINIFIED.to_owned(), minified);
    if !outlined.is_empty() {
        data.insert(OUTLINED.to_owned(), Value::Array(outlined));
    }
}

/// Marks a frame that was not sent: its call was inlined.
pub fn mark_inlined(frame: &mut Frame) {
    data(frame).insert(INLINED.to_owned(), true.into());
}

/// Names the source map that a frame was mapped with.
pub(crate) fn name_source_map(frame: &mut Frame, id: DebugId) {
    data(frame).insert(SOURCE_MAP.to_owned(), id.to_string().into());
}

/// Names the ProGuard mapping that a frame was mapped with.
pub fn name_mapping(frame: &mut Frame, id: &str) {
    data(frame).insert(MAPPING.to_owned(), id.into());
}

/// Type and module of an exception as they were sent, if they were changed.
pub fn minified_type_of(exception: &Exception) -> Option<&Map<String, Value>> {
    exception.other.get(MINIFIED)?.as_object()
}

/// Keeps type and module of an exception as they were sent, before they are changed.
pub fn keep_minified_type(exception: &mut Exception) {
    let texts = [("type", &exception.kind), ("module", &exception.module)];
    let texts = texts.into_iter().filter_map(|(key, text)| Some((key.to_owned(), Value::from(text.as_deref()?))));
    let sent = Value::Object(texts.collect());
    exception.other.insert(MINIFIED.to_owned(), sent);
}

/// Removes from an event what only faultline may put into it.
pub(crate) fn remove_claims(frame: &mut Frame) {
    if let Some(Value::Object(data)) = frame.other.get_mut("data") {
        for key in [MINIFIED, PROBLEM, OUTLINED, INLINED, MAPPING] {
            data.remove(key);
        }
    }
}

pub(crate) fn remove_claimed_type(exception: &mut Exception) {
    exception.other.remove(MINIFIED);
}

fn data(frame: &mut Frame) -> &mut Map<String, Value> {
    let data = frame.other.entry("data").or_insert_with(|| Value::Object(Map::new()));
    if !data.is_object() {
        *data = Value::Object(Map::new());
    }
    match data {
        Value::Object(data) => data,
        _ => unreachable!("it was just made an object"),
    }
}

/// Where a frame is.
fn place_of(frame: &Frame) -> Map<String, Value> {
    let text = |text: &Option<String>| text.as_deref().map(Value::from);
    let place = [
        ("filename", text(&frame.filename)),
        ("abs_path", text(&frame.abs_path)),
        ("function", text(&frame.function)),
        ("module", text(&frame.module)),
        ("lineno", frame.lineno.map(Value::from)),
        ("colno", frame.colno.map(Value::from)),
        ("in_app", frame.in_app.map(Value::from)),
    ];
    place.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
}
