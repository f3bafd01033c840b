//! The stack trace of an occurrence, as text.

use std::fmt::Write;

use serde_json::Value;

use super::list::title;
use crate::output::Output;
use crate::text::{harmless, shown};
use crate::tone::Tone;

/// How many frames of a stack trace are shown by default.
const FRAMES: usize = 20;
/// How many lines of source are shown before and after the line that raised the error.
const AROUND: u64 = 3;

/// Formats the chain of exceptions, with the frame that raised each of them first. Each line begins with a line feed.
pub(super) fn text(output: Output, occurrence: &Value, all_frames: bool) -> String {
    let event = &occurrence["event"];
    let most = if all_frames { usize::MAX } else { FRAMES };
    let mut text = String::new();
    let chain = event["exceptions"].as_array().map(Vec::as_slice).unwrap_or_default();
    for (index, exception) in chain.iter().rev().enumerate() {
        let title = match (shown(&exception["type"]), shown(&exception["value"])) {
            (kind, value) if kind.is_empty() => value,
            (kind, value) => format!("{kind}: {value}"),
        };
        let cause = if index > 0 { "caused by " } else { "" };
        let _ = write!(text, "\n\n{cause}{}", output.tone(Tone::Red, &title));
        frames(&mut text, output, &exception["stacktrace"], most);
    }
    if chain.is_empty() {
        let _ = write!(text, "\n\n{}", output.tone(Tone::Red, &title(occurrence)));
        frames(&mut text, output, &event["stacktrace"], most);
    }
    text
}

/// Appends the frames. The one that raised the exception is first, with its source if that was sent.
fn frames(text: &mut String, output: Output, stacktrace: &Value, most: usize) {
    let frames = stacktrace["frames"].as_array().map(Vec::as_slice).unwrap_or_default();
    for (index, frame) in frames.iter().rev().take(most).enumerate() {
        let own = frame["in_app"] != false;
        let tone = if own { Tone::Bold } else { Tone::Dim };
        let function =
            Some(shown(&frame["function"])).filter(|name| !name.is_empty()).unwrap_or_else(|| "?".to_owned());
        let _ = write!(text, "\n  {}  {}", output.tone(tone, &function), place(frame));
        if index == 0 {
            source(text, output, frame);
        }
    }
    if frames.len() > most {
        let _ = write!(text, "\n  … {} more: --all-frames", frames.len() - most);
    }
}

fn place(frame: &Value) -> String {
    let file = [&frame["filename"], &frame["module"], &frame["abs_path"], &frame["package"]];
    let mut place = file.into_iter().map(shown).find(|name| !name.is_empty()).unwrap_or_default();
    for number in [&frame["lineno"], &frame["colno"]] {
        if number.is_u64() {
            let _ = write!(place, ":{number}");
        }
    }
    place
}

/// Appends the source lines around the one that raised the exception, from the context of a Sentry frame or from v1's
/// map of line numbers to lines.
fn source(text: &mut String, output: Output, frame: &Value) {
    let Some(raised) = frame["lineno"].as_u64() else { return };
    let lines = |key: &str| frame[key].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut numbered: Vec<(u64, &Value)> = Vec::new();
    if frame["context_line"].is_string() {
        let before = lines("pre_context");
        numbered.extend((raised.saturating_sub(before.len() as u64)..raised).zip(before));
        numbered.push((raised, &frame["context_line"]));
        numbered.extend((raised + 1..).zip(lines("post_context")));
    } else {
        let code = frame["code"].as_object().into_iter().flatten();
        numbered.extend(code.filter_map(|(number, line)| Some((number.parse().ok()?, line))));
        numbered.sort_by_key(|(number, _)| *number);
    }
    for (number, line) in numbered.into_iter().filter(|(number, _)| number.abs_diff(raised) <= AROUND) {
        // A tab can have any width; four columns are used here.
        let line = line.as_str().unwrap_or_default().replace('\t', "    ");
        let line = format!("{number:>8}  {}", harmless(line.trim_end()));
        let (mark, tone) = if number == raised { (">", Tone::Plain) } else { (" ", Tone::Dim) };
        let _ = write!(text, "\n  {mark} {}", output.tone(tone, &line));
    }
}
