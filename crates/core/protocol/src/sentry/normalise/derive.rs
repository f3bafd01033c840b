//! Fields that follow from the rest of an event: type, message, culprit, and other values for lists and searches.

use serde_json::Value;

use super::{facts, message};
use grouping::{crash_frame, crash_function, main_exception};
use model::occurrence::{Frame, Occurrence};

pub(super) fn derive(occurrence: &mut Occurrence, culprit: Option<String>) {
    // A separate stack belongs to the only exception, if that has none.
    if let [exception] = occurrence.exceptions.as_mut_slice()
        && exception.stacktrace.is_none()
    {
        exception.stacktrace = occurrence.stacktrace.take();
    }
    match main_exception(&occurrence.exceptions) {
        Some(exception) => {
            occurrence.kind = exception.kind.clone().unwrap_or_default();
            occurrence.message = exception.value.clone().unwrap_or_default();
        }
        None => occurrence.message = message::text(&occurrence.logentry).unwrap_or_default().to_owned(),
    }
    if occurrence.environment.is_none() {
        let tag = occurrence.tags.get("environment").filter(|tag| facts::is_environment(tag));
        occurrence.environment = tag.cloned();
    }
    if let Some(Value::String(site)) = occurrence.other.get("site")
        && !occurrence.tags.contains_key("site")
        && !site.contains('\n')
    {
        occurrence.tags.insert("site".to_owned(), site.clone());
        occurrence.other.remove("site");
    }
    occurrence.trace_id = trace_id(occurrence);
    occurrence.culprit = occurrence.transaction.clone().or(culprit).or_else(|| crash_place(occurrence));
}

/// Returns where the error happened, by the frame that is to blame: the culprit of an event that names no transaction.
pub fn crash_place(occurrence: &Occurrence) -> Option<String> {
    place(crash_frame(occurrence)?, crash_function(occurrence).as_deref())
}

/// Returns the id of the trace that the event belongs to, if it is valid.
fn trace_id(occurrence: &Occurrence) -> Option<String> {
    let id = occurrence.contexts.get("trace")?.get("trace_id")?.as_str()?;
    let id = id.replace('-', "").to_ascii_lowercase();
    let is_id =
        id.len() == 32 && id.bytes().all(|digit| digit.is_ascii_hexdigit()) && id.bytes().any(|digit| digit != b'0');
    is_id.then_some(id)
}

/// Returns `module in function`, as Sentry does, with the file if there is no module.
fn place(frame: &Frame, function: Option<&str>) -> Option<String> {
    let file = frame.module.as_deref().or(frame.filename.as_deref()).or(frame.package.as_deref());
    match (file, function) {
        (Some(file), Some(function)) => Some(format!("{file} in {function}")),
        (place, function) => place.or(function).map(str::to_owned),
    }
}
