//! Go: panics, and `debug.Stack()`.

use model::occurrence::Frame;

use super::ParsedException;

pub(super) fn parse(lines: &[&str]) -> Vec<ParsedException> {
    let mut found = ParsedException::default();
    let (mut is_inside, mut function) = (false, None::<&str>);
    for line in lines {
        if line.starts_with("goroutine ") && line.ends_with(':') {
            if is_inside {
                break;
            }
            is_inside = true;
        } else if !is_inside {
            let text = line.trim_start();
            if let Some(message) = text.strip_prefix("panic: ") {
                // A panic that was raised again is repeated, indented.
                if found.value.is_none() {
                    found.value = Some(message.strip_suffix(" [recovered]").unwrap_or(message).to_owned());
                }
            } else if found.value.is_some() && !text.is_empty() && !text.starts_with('[') {
                found.continue_value(line);
            }
        } else if let Some(place) = line.strip_prefix('\t') {
            found.frames.extend(function.take().map(|function| parse_frame(function, place)));
        } else if line.is_empty() {
            break;
        } else {
            function = Some(line);
        }
    }
    // Before the panic are deferred functions, and the runtime.
    if let Some(panic) = found.frames.iter().rposition(|frame| frame.function.as_deref() == Some("panic")) {
        found.frames.drain(..=panic);
    } else if found.frames.first().is_some_and(|frame| frame.module.as_deref() == Some("runtime/debug")) {
        found.frames.remove(0);
    }
    found.trim_value();
    found.frames.reverse();
    vec![found]
}

/// Parses `package.(*Type).Method(arguments)` and `file:line[ +0x45]`.
fn parse_frame(function: &str, place: &str) -> Frame {
    let function = function.strip_prefix("created by ").unwrap_or(function);
    let function = function.split(" in goroutine ").next().unwrap_or(function);
    let name = match function.strip_suffix(')') {
        Some(call) => call.rfind('(').map_or(function, |at| &function[..at]),
        None => function,
    };
    let after_path = name.rfind('/').map_or(0, |at| at + 1);
    let (module, name) = match name[after_path..].find('.') {
        Some(at) => (Some(&name[..after_path + at]), &name[after_path + at + 1..]),
        None => (None, name),
    };
    let place = place.split(" +0x").next().unwrap_or(place);
    let (file, line) = place.rsplit_once(':').unwrap_or((place, ""));
    Frame {
        module: module.map(str::to_owned),
        function: Some(name.to_owned()),
        filename: Some(file.to_owned()),
        lineno: line.parse().ok(),
        ..Frame::default()
    }
}
