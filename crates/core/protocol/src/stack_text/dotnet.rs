//! Texts of .NET, whose inner exceptions come first.

use model::occurrence::Frame;

use super::ParsedException;

pub(super) fn parse(lines: &[&str]) -> Vec<ParsedException> {
    let mut found: Vec<ParsedException> = Vec::new();
    // The exception whose frames follow: inner ones have theirs first.
    let mut open = 0_usize;
    for line in lines {
        let text = line.trim_start();
        if text.starts_with("--- End of inner exception stack trace") {
            open = open.saturating_sub(1);
        } else if text.starts_with("--- ") && !text.starts_with("---> ") {
            // The place where an asynchronous call went on.
        } else if let Some(frame) = parse_frame(line) {
            if found.is_empty() {
                found.push(ParsedException::default());
            }
            found[open].frames.push(frame);
        } else if found.is_empty() || text.starts_with("---> ") {
            if text.is_empty() {
                continue;
            }
            let text = text.strip_prefix("Unhandled exception. ").unwrap_or(text);
            for head in text.split("---> ").map(str::trim).filter(|head| !head.is_empty()) {
                found.push(ParsedException::from_head(head, "."));
            }
            open = found.len().saturating_sub(1);
        } else if found[open].frames.is_empty() {
            found[open].continue_value(line);
        }
    }
    for one in &mut found {
        one.trim_value();
        one.frames.reverse();
    }
    found
}

/// Parses `   at Namespace.Class.Method(arguments)[ in path:line 12]`.
fn parse_frame(line: &str) -> Option<Frame> {
    let call = line.strip_prefix(|c: char| c.is_whitespace())?.trim_start().strip_prefix("at ")?;
    let (call, place) = call.split_once(") in ").map_or((call, None), |(call, place)| (call, Some(place)));
    let name = call.split('(').next()?;
    let (module, function) = name.rsplit_once('.').map_or((None, name), |(module, name)| (Some(module), name));
    // The name of a constructor is `.ctor`.
    let module = module.map(|module| module.trim_end_matches('.'));
    let (file, number) = match place {
        Some(place) => place
            .rsplit_once(":line ")
            .map_or((Some(place), None), |(file, line)| (Some(file), line.trim().parse().ok())),
        None => (None, None),
    };
    Some(Frame {
        module: module.map(str::to_owned),
        function: Some(function.to_owned()),
        filename: file.map(str::to_owned),
        lineno: number,
        ..Frame::default()
    })
}
