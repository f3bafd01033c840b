//! JavaScript: V8 (Node.js, Chromium), and the form of Firefox and Safari.

use model::occurrence::Frame;

use super::{ParsedException, split_place};

pub(super) fn parse(lines: &[&str]) -> Vec<ParsedException> {
    let mut found: Vec<ParsedException> = Vec::new();
    for line in after_source(lines) {
        let text = line.trim_start();
        if let Some(head) = text.strip_prefix("[cause]: ") {
            found.push(ParsedException::from_head(head, "\n"));
        } else if let Some(frame) = parse_frame(line) {
            if found.is_empty() {
                found.push(ParsedException::default());
            }
            if let Some(last) = found.last_mut() {
                last.frames.push(frame);
            }
        } else if found.is_empty() {
            if !text.is_empty() {
                found.push(ParsedException::from_head(text.strip_prefix("Uncaught ").unwrap_or(text), "\n"));
            }
        } else if let Some(last) = found.last_mut().filter(|last| last.frames.is_empty()) {
            last.continue_value(line);
        }
    }
    for one in &mut found {
        one.trim_value();
        one.frames.reverse();
    }
    found
}

/// Node.js prints the place, the source line and a mark before an exception that nobody caught.
fn after_source<'a>(lines: &'a [&'a str]) -> impl Iterator<Item = &'a str> {
    let first = lines.iter().position(|line| !line.trim().is_empty()).unwrap_or_default();
    let is_mark = |line: &&str| !line.trim().is_empty() && line.trim().chars().all(|c| matches!(c, '^' | '~'));
    let has_source = lines.get(first).is_some_and(|line| !line.starts_with(' ') && split_place(line).is_some())
        && lines.get(first + 2).is_some_and(is_mark);
    lines.iter().copied().skip(if has_source { first + 3 } else { 0 })
}

pub(super) fn parse_frame(line: &str) -> Option<Frame> {
    let text = line.trim_start();
    match text.strip_prefix("at ") {
        Some(call) if line.len() > text.len() => Some(parse_v8(call.trim_end().trim_end_matches(" {"))),
        Some(_) => None,
        None => parse_gecko(text),
    }
}

/// Parses `[async ][new ]function [as alias] (place)`, or only a place.
fn parse_v8(call: &str) -> Frame {
    let call = call.strip_prefix("async ").unwrap_or(call);
    let (function, place) = match call.strip_suffix(')').and_then(|call| call.split_once(" (")) {
        Some((function, place)) => (Some(function), place),
        None => (None, call),
    };
    let function = function.map(|name| name.split(" [as ").next().unwrap_or(name));
    // Code in a text: `eval at f (file:1:2), <anonymous>:1:20`.
    let place = place.rsplit(", ").next().unwrap_or(place);
    let mut frame =
        Frame { function: function.filter(|name| *name != "<anonymous>").map(str::to_owned), ..Frame::default() };
    match split_place(place) {
        Some((file, line, column)) => {
            frame.filename = Some(file.to_owned());
            (frame.lineno, frame.colno) = (line, column);
        }
        None => frame.filename = Some(place.to_owned()),
    }
    frame
}

/// Parses `function@address:line:column`.
fn parse_gecko(text: &str) -> Option<Frame> {
    let (function, place) = text.split_once('@')?;
    if function.contains(' ') {
        return None;
    }
    let (file, line, column) = split_place(place)?;
    column?;
    Some(Frame {
        function: Some(function.to_owned()).filter(|name| !name.is_empty()),
        filename: Some(file.to_owned()),
        lineno: line,
        colno: column,
        ..Frame::default()
    })
}
