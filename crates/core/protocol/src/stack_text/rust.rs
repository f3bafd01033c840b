//! Rust: panics, with and without a backtrace, and backtraces alone.

use model::occurrence::Frame;

use super::{ParsedException, split_place};

pub(super) fn parse(lines: &[&str]) -> Vec<ParsedException> {
    let mut found = ParsedException::default();
    let (mut place, mut is_inside) = (None, false);
    for line in lines {
        let text = line.trim_start();
        if let Some((_, at)) = line.split_once(" panicked at ") {
            if found.kind.is_some() {
                break;
            }
            found.kind = Some("panic".to_owned());
            // Until Rust 1.72, the message was in quotes before the place.
            match at.strip_prefix('\'').and_then(|at| at.rsplit_once("', ")) {
                Some((message, at)) => (found.value, place) = (Some(message.to_owned()), Some(at)),
                None => place = Some(at.trim_end_matches(':')),
            }
        } else if text == "stack backtrace:" {
            is_inside = true;
        } else if text.starts_with("note: ") {
            is_inside = false;
        } else if let Some(function) = parse_function(text) {
            is_inside = true;
            found.frames.push(Frame { function: Some(function.to_owned()), ..Frame::default() });
        } else if let (Some(at), Some(frame)) =
            (text.strip_prefix("at ").filter(|_| is_inside), found.frames.last_mut())
        {
            locate(frame, at);
        } else if found.kind.is_some() && found.frames.is_empty() && !is_inside {
            found.continue_value(line);
        }
    }
    if found.frames.is_empty()
        && let Some(place) = place
    {
        let mut frame = Frame::default();
        locate(&mut frame, place);
        found.frames.push(frame);
    }
    found.trim_value();
    found.frames.reverse();
    vec![found]
}

/// Parses `3: path::function`, with an address in between in full backtraces.
fn parse_function(text: &str) -> Option<&str> {
    let (number, function) = text.split_once(": ")?;
    number.parse::<u32>().ok()?;
    let function = function.trim_start();
    let function = match function.split_once(" - ") {
        Some((address, function)) if address.starts_with("0x") => function,
        _ => function,
    };
    (!function.is_empty()).then_some(function)
}

fn locate(frame: &mut Frame, place: &str) {
    match split_place(place.trim()) {
        Some((file, line, column)) => {
            frame.filename = Some(file.to_owned());
            (frame.lineno, frame.colno) = (line, column);
        }
        None => frame.filename = Some(place.to_owned()),
    }
}
