//! An occurrence as Markdown, to be pasted into an issue or a chat. Its texts come from an event, so an attacker may
//! have written them. When pasted they must not link, load an image, notify anybody, close an issue, or end the code
//! block that they are in.

use std::fmt::Write;

use briefing::fence::{self, block};
use model::occurrence::{Exception, Frame, Occurrence};

use crate::text::visible;

/// The number of exceptions that are written, and the number of frames per exception.
const EXCEPTIONS: usize = 5;
const FRAMES: usize = 30;

/// Formats the occurrence as Markdown: title, facts and stack traces, the raising frame first.
pub fn markdown(occurrence: &Occurrence) -> String {
    let mut text = String::new();
    let title = match (occurrence.kind.as_str(), occurrence.message.as_str()) {
        ("", message) => message.to_owned(),
        (kind, "") => kind.to_owned(),
        (kind, message) => format!("{kind}: {message}"),
    };
    let _ = writeln!(text, "## {}\n", code(&title, 300));
    let _ = writeln!(text, "- When: {}", occurrence.timestamp);
    let _ = writeln!(text, "- Event: {}", occurrence.event_id);
    let _ = writeln!(text, "- Level: {}", occurrence.level.as_str());
    let facts = [
        ("Environment", occurrence.environment.clone()),
        ("Release", occurrence.release.clone()),
        ("Server", occurrence.server_name.clone()),
        ("Transaction", occurrence.transaction.clone()),
    ];
    for (name, fact) in facts {
        if let Some(fact) = fact {
            let _ = writeln!(text, "- {name}: {}", code(&fact, 200));
        }
    }
    for exception in occurrence.exceptions.iter().rev().take(EXCEPTIONS) {
        let _ = write!(text, "\n{}", block(&stack(exception)));
    }
    text
}

fn stack(exception: &Exception) -> String {
    let kind = exception.kind.as_deref().unwrap_or("Exception");
    let mut text =
        format!("{}: {}\n", visible(kind, 200), visible(exception.value.as_deref().unwrap_or_default(), 1_000));
    let frames = exception.stacktrace.iter().flat_map(|stack| stack.frames.iter().rev());
    for frame in frames.take(FRAMES) {
        let _ = writeln!(text, "    {}", line(frame));
    }
    text
}

fn line(frame: &Frame) -> String {
    let place = frame.filename.as_ref().or(frame.module.as_ref()).map_or("?", String::as_str);
    let number = frame.lineno.map(|line| format!(":{line}")).unwrap_or_default();
    let function = frame.function.as_deref().unwrap_or("?");
    visible(&format!("{place}{number} in {function}"), 1_000).replace('\n', " ")
}

/// A line of text as a code span, cut to `limit` bytes.
fn code(text: &str, limit: usize) -> String {
    fence::code(&visible(text, limit))
}

#[cfg(test)]
mod tests {
    use model::id::EventId;
    use model::occurrence::{Source, Stacktrace};
    use model::time::Timestamp;

    use super::*;

    fn occurrence(hostile: &str) -> Occurrence {
        let now = Timestamp::from_seconds(1_793_577_600);
        let mut occurrence = Occurrence::new(EventId::from_bytes([0; 16]), Source::Sentry, now, now);
        let text = || Some(hostile.to_owned());
        (occurrence.message, occurrence.release, occurrence.transaction) = (hostile.to_owned(), text(), text());
        let frame = Frame { filename: text(), function: text(), ..Frame::default() };
        let stacktrace = Some(Stacktrace { frames: vec![frame], ..Stacktrace::default() });
        occurrence.exceptions = vec![Exception { kind: text(), value: text(), stacktrace, ..Exception::default() }];
        occurrence
    }

    #[test]
    fn plain_texts_are_unchanged() {
        let mut plain = occurrence("cart is empty");
        plain.kind = "ValueError".to_owned();
        let text = markdown(&plain);
        assert!(text.starts_with("## ValueError: cart is empty\n\n- When: 2026"), "{text}");
        assert!(text.contains("- Release: cart is empty\n"));
        assert!(
            text.ends_with("\n```\ncart is empty: cart is empty\n    cart is empty in cart is empty\n```\n"),
            "{text}"
        );
    }

    /// Outside code nothing of a hostile text is left that Markdown or an issue tracker would interpret.
    #[test]
    fn hostile_texts_are_code_and_stay_in_it() {
        for hostile in [
            "[click](https://evil.example)",
            "<img src=x onerror=alert(1)>",
            "@channel @team/all",
            "fixes #1, closes owner/repo#2",
            "``` \n# heading\n```",
            "`a``b```c````",
            "` `",
            "``````````",
            "https://evil.example www.evil.example",
            "| a | b |\n|---|---|",
            "~~~\n<b>",
            "\\`@someone\\`",
            "a\u{202e}b @x",
            "fixes GH-12",
            "www.evil.example",
            ":rocket:",
            "&lt;&#64;x :rocket: **b** _i_ $x^2$",
            "$(id)",
        ] {
            let text = markdown(&occurrence(hostile));
            let left = without_code(&text);
            for mark in
                ["[", "<", "@", "#1", "#2", "`", "*", "_", "evil", "|", "~", "$", "&", "\\", "heading", "GH", "rocket"]
            {
                assert!(!left.replacen("##", "", 1).contains(mark), "{hostile:?} leaves {mark} in {left:?} of {text}");
            }
        }
    }

    /// The Markdown without its code blocks and code spans, which end with as many backticks as they began with.
    fn without_code(text: &str) -> String {
        let (mut left, mut fence): (String, Option<String>) = (String::new(), None);
        for line in text.lines() {
            let marks: String = line.chars().take_while(|character| *character == '`').collect();
            match &fence {
                Some(open) => {
                    if line.trim() == marks && marks.len() >= open.len() {
                        fence = None;
                    }
                }
                None if marks.len() >= 3 && !line[marks.len()..].contains('`') => fence = Some(marks),
                None => left.push_str(&(without_spans(line) + "\n")),
            }
        }
        assert!(fence.is_none(), "a block does not end: {text}");
        left
    }

    fn without_spans(line: &str) -> String {
        let Some(at) = line.find('`') else { return line.to_owned() };
        let length = line[at..].chars().take_while(|character| *character == '`').count();
        let behind = &line[at + length..];
        let mut from = 0;
        while let Some(next) = behind[from..].find('`').map(|next| from + next) {
            let run = behind[next..].chars().take_while(|character| *character == '`').count();
            if run == length {
                return line[..at].to_owned() + &without_spans(&behind[next + run..]);
            }
            from = next + run;
        }
        line.to_owned()
    }
}
