//! The keys that look-ups write into the `data` of a frame.

use model::occurrence::Frame;
use serde_json::{Map, Value};

/// The key of the minified frame in a frame's `data`.
pub(crate) const MINIFIED: &str = "minified";
/// The key of the reason why a frame, or its source, is not shown as it was written.
pub(crate) const PROBLEM: &str = "sourceMapProblem";

/// The minified frame of a mapped one.
pub fn minified_of(frame: &Frame) -> Option<&Map<String, Value>> {
    frame.other.get("data")?.get(MINIFIED)?.as_object()
}

/// Why a frame, or its source, is not shown as it was written: a sentence.
pub fn problem_of(frame: &Frame) -> Option<&str> {
    frame.other.get("data")?.get(PROBLEM)?.as_str()
}

/// Removes from an event what only faultline may put into it.
pub(crate) fn remove_claims(frame: &mut Frame) {
    if let Some(Value::Object(data)) = frame.other.get_mut("data") {
        data.remove(MINIFIED);
        data.remove(PROBLEM);
    }
}
