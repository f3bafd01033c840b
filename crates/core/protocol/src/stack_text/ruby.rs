//! Ruby: full messages in either order, and bare backtraces.

use model::occurrence::Frame;

use super::ParsedException;

pub(super) fn parse(lines: &[&str]) -> Vec<ParsedException> {
    let lines: Vec<String> = lines.iter().map(|line| without_colours(line)).collect();
    let is_reversed = lines.iter().any(|line| line.trim() == "Traceback (most recent call last):");
    let mut found: Vec<ParsedException> = Vec::new();
    let mut callers: Vec<Frame> = Vec::new();
    for line in &lines {
        let text = line.trim_start();
        let caller = text.strip_prefix("from ").or_else(|| {
            let (number, rest) = text.split_once(": from ")?;
            number.bytes().all(|byte| byte.is_ascii_digit()).then_some(rest)
        });
        if let Some((frame, _)) = caller.filter(|_| line.len() > text.len()).and_then(parse_place) {
            if is_reversed {
                callers.push(frame);
            } else if let Some(last) = found.last_mut() {
                last.frames.push(frame);
            }
        } else if let Some((frame, message)) = parse_place(line).filter(|_| line.len() == text.len()) {
            let Some(message) = message else {
                // A bare backtrace, innermost first.
                if found.is_empty() {
                    found.push(ParsedException::default());
                }
                found[0].frames.push(frame);
                continue;
            };
            let (value, kind) = split_class(message);
            let frames = [std::mem::take(&mut callers), vec![frame]].concat();
            let (module, kind) = match kind.and_then(|kind| kind.rsplit_once("::")) {
                Some((module, kind)) => (Some(module), Some(kind)),
                None => (None, kind),
            };
            found.push(ParsedException {
                kind: kind.map(str::to_owned),
                module: module.map(str::to_owned),
                value: Some(value.to_owned()),
                frames,
            });
        } else if text != "Traceback (most recent call last):"
            && let Some(last) =
                found.last_mut().filter(|last| last.kind.is_some() && last.frames.len() <= 1 || is_reversed)
        {
            last.continue_value(line);
        }
    }
    for one in &mut found {
        one.trim_value();
        if !is_reversed {
            one.frames.reverse();
        }
    }
    if is_reversed {
        found.reverse();
    }
    found
}

/// Splits `message (Class)`.
fn split_class(message: &str) -> (&str, Option<&str>) {
    let class = message.strip_suffix(')').and_then(|rest| rest.rsplit_once('('));
    match class {
        Some((value, class)) if super::is_type(class) => (value.trim_end(), Some(class)),
        _ => (message, None),
    }
}

/// Parses ``file:12:in `method'``, with quotes of either kind, and what follows after `: `.
fn parse_place(text: &str) -> Option<(Frame, Option<&str>)> {
    let (place, rest) = text.split_once(":in ")?;
    let (file, line) = place.rsplit_once(':')?;
    let line = line.parse().ok()?;
    let name = rest.strip_prefix(['`', '\''])?;
    let end = name.find('\'')?;
    let frame = Frame {
        filename: Some(file.to_owned()),
        lineno: Some(line),
        function: Some(name[..end].to_owned()),
        ..Frame::default()
    };
    match &name[end + 1..] {
        "" => Some((frame, None)),
        after => Some((frame, Some(after.strip_prefix(": ")?))),
    }
}

fn without_colours(line: &str) -> String {
    let mut parts = line.split("\u{1b}[");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str(part.split_once('m').map_or(part, |(_, text)| text));
    }
    out
}
