//! Java, Kotlin and Scala.

use model::occurrence::Frame;

use super::{MAX_CAUSES, ParsedException};

/// The most frames of a cause that are repeated.
const MAX_REPEATED: usize = 250;

pub(super) fn parse(lines: &[&str]) -> Vec<ParsedException> {
    let mut found: Vec<ParsedException> = Vec::new();
    // The indent of `Suppressed:`, while its frames are skipped.
    let mut suppressed: Option<usize> = None;
    for line in lines {
        let text = line.trim_start();
        let indent = line.len() - text.len();
        if suppressed.is_some_and(|outer| indent > outer || (indent == outer && text.starts_with("Caused by: "))) {
            continue;
        }
        suppressed = None;
        if text.starts_with("Suppressed: ") {
            suppressed = Some(indent);
        } else if let Some(head) = text.strip_prefix("Caused by: ") {
            if found.len() > MAX_CAUSES {
                break;
            }
            found.push(ParsedException::from_head(head, "."));
        } else if let (Some(frame), Some(last)) = (parse_frame(line), found.last_mut()) {
            last.frames.push(frame);
        } else if let Some(count) = text.strip_prefix("... ").and_then(|rest| rest.strip_suffix(" more")) {
            repeat_outer(&mut found, count.parse().unwrap_or_default());
        } else if let Some(last) = found.last_mut().filter(|last| last.frames.is_empty()) {
            last.continue_value(line);
        } else if found.is_empty() && !text.is_empty() {
            found.push(ParsedException::from_head(without_thread(text), "."));
        }
    }
    for one in &mut found {
        one.trim_value();
        one.frames.reverse();
    }
    found
}

/// A cause ends with as many frames as the exception around it.
fn repeat_outer(found: &mut [ParsedException], count: usize) {
    let [.., outer, last] = found else { return };
    let count = count.min(outer.frames.len()).min(MAX_REPEATED.saturating_sub(last.frames.len()));
    last.frames.extend(outer.frames[outer.frames.len() - count..].iter().cloned());
}

fn without_thread(head: &str) -> &str {
    head.strip_prefix("Exception in thread \"").and_then(|rest| rest.split_once("\" ")).map_or(head, |(_, head)| head)
}

pub(super) fn is_frame(line: &str) -> bool {
    let in_source = |place: &str| {
        [".java", ".kt", ".scala", ".groovy", "Native Method", "Unknown Source"].iter().any(|kind| place.contains(kind))
    };
    line.split_once('(').is_some_and(|(_, place)| in_source(place)) && parse_frame(line).is_some()
}

/// Parses `\tat [loader/][module@version/]package.Class.method(File.java:12)`.
fn parse_frame(line: &str) -> Option<Frame> {
    let text = line.strip_prefix(|c: char| c.is_whitespace())?.trim_start().strip_prefix("at ")?;
    let (name, place) = text.strip_suffix(')')?.split_once('(')?;
    let name = name.rsplit('/').next()?;
    let (module, function) = name.rsplit_once('.')?;
    let mut frame = Frame { module: Some(module.to_owned()), function: Some(function.to_owned()), ..Frame::default() };
    if !matches!(place, "Native Method" | "Unknown Source" | "") {
        let (file, number) = place.split_once(':').unwrap_or((place, ""));
        frame.filename = Some(file.to_owned());
        frame.lineno = number.parse().ok();
    }
    Some(frame)
}
