//! Texts of PHP, whose calls name the place from which they were made.

use model::occurrence::Frame;

use super::ParsedException;

pub(super) fn parse(lines: &[&str]) -> Vec<ParsedException> {
    let (mut found, mut head, mut calls): (Vec<ParsedException>, Vec<&str>, Vec<Call<'_>>) = Default::default();
    let mut is_inside = false;
    for line in lines {
        if let Some(call) = parse_call(line) {
            is_inside = true;
            calls.push(call);
        } else if line.starts_with("Next ") || (is_inside && !line.trim().is_empty() && !line.starts_with(' ')) {
            push(&mut found, &mut head, &mut calls);
            is_inside = false;
            head.push(line.strip_prefix("Next ").unwrap_or(line));
        } else if *line != "Stack trace:" && !is_inside && !(head.is_empty() && line.trim().is_empty()) {
            head.push(line);
        }
    }
    push(&mut found, &mut head, &mut calls);
    // Causes come first.
    found.reverse();
    found
}

/// A call: the function, and the place from which it was called.
struct Call<'a> {
    function: &'a str,
    file: Option<&'a str>,
    line: Option<u64>,
}

fn push(found: &mut Vec<ParsedException>, head: &mut Vec<&str>, calls: &mut Vec<Call<'_>>) {
    let (head, calls) = (std::mem::take(head).join("\n"), std::mem::take(calls));
    if head.trim().is_empty() && calls.is_empty() {
        return;
    }
    let head = head.trim();
    let head = head.split_once("Uncaught ").filter(|(before, _)| before.len() < 40).map_or(head, |(_, head)| head);
    let (head, place) = match head.rsplit_once(" in ") {
        Some((head, place)) if place.contains(':') => (head, place.rsplit_once(':')),
        _ => (head, None),
    };
    let (first, more) = head.split_once('\n').unwrap_or((head, ""));
    let mut one = ParsedException::from_head(first, "\\");
    if !more.is_empty() {
        one.continue_value(more);
    }
    // A call has the place from which it was called, so each function belongs to the place of the one before.
    let mut at = place.map_or((None, None), |(file, line)| (Some(file), line.trim().parse().ok()));
    for call in &calls {
        one.frames.push(frame(Some(call.function), at));
        at = (call.file, call.line);
    }
    if at.0.is_some() {
        one.frames.push(frame(None, at));
    }
    one.frames.retain(|frame| frame.filename.is_some() || frame.function.is_some());
    one.frames.reverse();
    found.push(one);
}

fn frame(function: Option<&str>, (file, line): (Option<&str>, Option<u64>)) -> Frame {
    Frame { function: function.map(str::to_owned), filename: file.map(str::to_owned), lineno: line, ..Frame::default() }
}

/// Parses `#0 file(6): Namespace\Class->method(arguments)`, `#2 [internal function]: …`. `{main}` is not a call.
fn parse_call(line: &str) -> Option<Call<'_>> {
    let (number, rest) = line.strip_prefix('#')?.split_once(' ')?;
    number.parse::<u32>().ok()?;
    if rest.trim() == "{main}" {
        return Some(Call { function: "{main}", file: None, line: None });
    }
    let (place, call) = rest.split_once(": ")?;
    let function = call.split('(').next().filter(|name| !name.is_empty()).unwrap_or(call);
    let at = place.strip_suffix(')').and_then(|place| place.rsplit_once('('));
    let (file, line) = at.map_or((None, None), |(file, line)| (Some(file), line.parse().ok()));
    Some(Call { function, file, line })
}
