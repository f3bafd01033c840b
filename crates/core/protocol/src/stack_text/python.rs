//! Texts of Python, also of groups of exceptions.

use model::occurrence::Frame;

use super::ParsedException;

const SEPARATORS: [&str; 2] = [
    "The above exception was the direct cause of the following exception:",
    "During handling of the above exception, another exception occurred:",
];

#[derive(PartialEq)]
enum Within {
    Nothing,
    Frames,
    Message,
}

pub(super) fn parse(lines: &[&str]) -> Vec<ParsedException> {
    let (mut found, mut current, mut within) = (Vec::new(), ParsedException::default(), Within::Nothing);
    for line in lines {
        // Lambda's logs have spaces that do not break.
        let line = line.replace('\u{a0}', " ");
        let line = match in_group(&line) {
            Some(line) => line,
            // The members of a group follow. Only the group itself was raised here.
            None => break,
        };
        if line.trim_end().ends_with("Traceback (most recent call last):") {
            push(&mut found, &mut current);
            within = Within::Frames;
        } else if SEPARATORS.contains(&line.trim()) {
            push(&mut found, &mut current);
            within = Within::Nothing;
        } else if let Some(frame) = parse_frame(line).filter(|_| within != Within::Message) {
            within = Within::Frames;
            current.frames.push(frame);
        } else if within == Within::Frames && line.starts_with("    ") {
            let is_mark = line.trim().chars().all(|c| matches!(c, '^' | '~'));
            if let Some(frame) = current.frames.last_mut().filter(|frame| frame.context_line.is_none() && !is_mark) {
                frame.context_line = Some(line.trim().to_owned());
            }
        } else if within == Within::Frames && !line.starts_with(' ') && !line.trim().is_empty() {
            let head = ParsedException::from_head(line, ".");
            current = ParsedException { frames: std::mem::take(&mut current.frames), ..head };
            within = Within::Message;
        } else if within == Within::Message {
            current.continue_value(line);
        }
    }
    push(&mut found, &mut current);
    // Causes come first.
    found.reverse();
    found
}

fn push(found: &mut Vec<ParsedException>, current: &mut ParsedException) {
    let mut done = std::mem::take(current);
    done.trim_value();
    if !done.frames.is_empty() || done.kind.is_some() {
        found.push(done);
    }
}

/// Returns a line without the frame that is drawn around a group of exceptions. `None` where its members begin.
fn in_group(line: &str) -> Option<&str> {
    let text = line.trim_start();
    if text.starts_with("+-+-") || (text.starts_with("+---") && line.starts_with(' ')) {
        return None;
    }
    let inner = text.strip_prefix("| ").or_else(|| text.strip_prefix("+ ")).filter(|_| line.starts_with(' '));
    Some(inner.unwrap_or(if line.starts_with("  |") { "" } else { line }))
}

/// Parses `  File "path", line 12, in function`.
fn parse_frame(line: &str) -> Option<Frame> {
    let (path, rest) = line.trim_start().strip_prefix("File \"")?.split_once("\", line ")?;
    let (number, function) = rest.split_once(", in ").map_or((rest, None), |(number, name)| (number, Some(name)));
    Some(Frame {
        filename: Some(path.to_owned()),
        lineno: number.trim().parse().ok(),
        function: function.map(|name| name.trim().to_owned()),
        ..Frame::default()
    })
}
