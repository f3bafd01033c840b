//! An occurrence as Markdown, to be pasted into an issue or a chat.

use std::fmt::Write;

use domain::occurrence::{Frame, Occurrence};

use crate::text::visible;

/// How many frames of an exception are written.
const FRAMES: usize = 30;

/// The occurrence as Markdown: title, facts and stacks, with what raised first.
pub fn markdown(occurrence: &Occurrence) -> String {
    let mut text = String::new();
    let title = match (occurrence.kind.as_str(), occurrence.message.as_str()) {
        ("", message) => message.to_owned(),
        (kind, "") => kind.to_owned(),
        (kind, message) => format!("{kind}: {message}"),
    };
    let _ = writeln!(text, "## {}\n", visible(&title, 300).replace('\n', " "));
    let facts = [
        ("When", Some(occurrence.timestamp.to_string())),
        ("Event", Some(occurrence.event_id.to_string())),
        ("Level", Some(occurrence.level.as_str().to_owned())),
        ("Environment", occurrence.environment.clone()),
        ("Release", occurrence.release.clone()),
        ("Server", occurrence.server_name.clone()),
        ("Transaction", occurrence.transaction.clone()),
    ];
    for (name, fact) in facts {
        if let Some(fact) = fact {
            let _ = writeln!(text, "- {name}: {}", visible(&fact, 200).replace('\n', " "));
        }
    }
    for exception in occurrence.exceptions.iter().rev().take(5) {
        let kind = exception.kind.as_deref().unwrap_or("Exception");
        let _ =
            writeln!(text, "\n```\n{}: {}", visible(kind, 200), fenced(exception.value.as_deref().unwrap_or_default()));
        let frames = exception.stacktrace.iter().flat_map(|stack| stack.frames.iter().rev());
        for frame in frames.take(FRAMES) {
            let _ = writeln!(text, "    {}", line(frame));
        }
        text.push_str("```\n");
    }
    text
}

/// Text that cannot end the block it stands in.
fn fenced(text: &str) -> String {
    visible(text, 1_000).replace("```", "'''")
}

fn line(frame: &Frame) -> String {
    let place = frame.filename.as_ref().or(frame.module.as_ref()).map_or("?", String::as_str);
    let number = frame.lineno.map(|line| format!(":{line}")).unwrap_or_default();
    fenced(&format!("{place}{number} in {}", frame.function.as_deref().unwrap_or("?"))).replace('\n', " ")
}
