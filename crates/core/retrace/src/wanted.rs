//! The classes of an event that a mapping may explain.

use std::collections::BTreeSet;

use model::id::DebugId;
use model::occurrence::{Exception, Frame, Occurrence, Stacktrace};
use serde_json::Value;

/// The most mappings of an event: an application and its libraries.
const MAX_MAPPINGS: usize = 5;
/// The most classes of an event.
const MAX_CLASSES: usize = 200;
/// The most frames of an event, those of exceptions first.
pub(crate) const MAX_FRAMES: usize = 1_000;
/// The most images of an event that are read.
const MAX_IMAGES: usize = 1_000;

/// The mappings and classes that an event names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedClasses {
    /// The ids of the mappings, as the event names them. Empty if it names none, although its classes look obfuscated.
    pub ids: Vec<DebugId>,
    /// The classes of its frames and exceptions.
    pub classes: BTreeSet<String>,
}

/// Returns the classes of a Java event that were not mapped yet; `None` if there is nothing to map.
pub fn wanted(occurrence: &Occurrence) -> Option<WantedClasses> {
    if !is_java(occurrence) {
        return None;
    }
    let ids = ids(occurrence);
    let raised = occurrence.exceptions.iter().rev();
    let types = raised.filter(|exception| !is_mapped_type(exception)).filter_map(class_of_type);
    let frames = stacks(occurrence).flat_map(|stack| stack.frames.iter().rev()).take(MAX_FRAMES);
    let frames: Vec<_> = frames.filter(|frame| is_open(frame, occurrence)).collect();
    if ids.is_empty() && !frames.iter().any(|frame| looks_obfuscated(frame)) {
        return None;
    }
    let named = frames.iter().filter_map(|frame| frame.module.clone());
    let classes: BTreeSet<_> = types.chain(named).take(MAX_FRAMES).collect();
    let classes: BTreeSet<_> = classes.into_iter().filter(|class| !class.is_empty()).take(MAX_CLASSES).collect();
    (!classes.is_empty()).then_some(WantedClasses { ids, classes })
}

fn is_java(occurrence: &Occurrence) -> bool {
    occurrence.platform == "java"
        || stacks(occurrence).any(|stack| stack.frames.iter().any(|frame| frame.platform.as_deref() == Some("java")))
}

/// The ids of the mappings that the event names.
fn ids(occurrence: &Occurrence) -> Vec<DebugId> {
    let images = occurrence.other.get("debug_meta").and_then(|meta| meta.get("images")).and_then(Value::as_array);
    let id = |image: &Value| {
        let is_mapping = image.get("type").and_then(Value::as_str) == Some("proguard");
        let id = image.get("uuid").or_else(|| image.get("debug_id"))?.as_str()?;
        is_mapping.then(|| DebugId::parse(id).ok()).flatten()
    };
    let mut ids = Vec::new();
    for id in images.into_iter().flatten().take(MAX_IMAGES).filter_map(id) {
        if !ids.contains(&id) && ids.len() < MAX_MAPPINGS {
            ids.push(id);
        }
    }
    ids
}

/// Whether a frame is of Java, and was not mapped yet.
pub(crate) fn is_open(frame: &Frame, occurrence: &Occurrence) -> bool {
    is_open_on(frame, &occurrence.platform)
}

pub(crate) fn is_open_on(frame: &Frame, platform: &str) -> bool {
    let is_java = frame.platform.as_deref().unwrap_or(platform) == "java";
    is_java && frame.module.is_some() && !source_maps::is_rewritten(frame)
}

/// Whether a frame has the file names that R8 writes instead of the real ones.
pub(crate) fn looks_obfuscated(frame: &Frame) -> bool {
    let file = frame.filename.as_deref().unwrap_or_default();
    let is_library = frame.module.as_deref().is_some_and(grouping::is_java_library);
    !is_library && (file == "SourceFile" || file.starts_with("r8-map-id-"))
}

/// The full name of the class of an exception.
pub(crate) fn class_of_type(exception: &Exception) -> Option<String> {
    let name = exception.kind.as_deref()?;
    match exception.module.as_deref().filter(|module| !module.is_empty()) {
        Some(module) => Some(format!("{module}.{name}")),
        None => Some(name.to_owned()),
    }
}

pub(crate) fn is_mapped_type(exception: &Exception) -> bool {
    source_maps::minified_type_of(exception).is_some()
}

/// All stacks: of exceptions, of the event, and of threads.
fn stacks(occurrence: &Occurrence) -> impl Iterator<Item = &Stacktrace> {
    let raised = occurrence.exceptions.iter().rev().filter_map(|exception| exception.stacktrace.as_ref());
    let threads = occurrence.threads.iter().filter_map(|thread| thread.stacktrace.as_ref());
    raised.chain(&occurrence.stacktrace).chain(threads)
}
