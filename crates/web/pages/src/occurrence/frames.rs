//! Stacks: what raised first, the application's own frames in bold, the others folded.

use model::occurrence::{Frame, Stacktrace};
use serde_json::Value;

use crate::text::{self, visible};

/// How many frames of a stack are shown from its raising end, and how many from its other: between them are those of a
/// recursion without end.
const FROM_TOP: usize = 60;
const FROM_BOTTOM: usize = 10;
/// How many variables of a frame are shown.
const MOST_VARIABLES: usize = 50;
/// How much of variables a stack shows, in bytes, from its raising end: beyond that a page would be slow to open.
const LONGEST_VARIABLES: usize = 64 << 10;
/// The longest source line that is shown, in bytes: longer ones are minified.
const LONGEST_LINE: usize = 400;

/// A stack on a page.
#[derive(Debug)]
pub(super) struct Stack {
    pub(super) parts: Vec<FrameGroup>,
}

/// Frames that stand together.
#[derive(Debug)]
pub(super) enum FrameGroup {
    /// One frame, which is the application's own, or alone.
    One(FrameRow),
    /// Frames of libraries, folded.
    Others(Vec<FrameRow>),
    /// So many frames are not shown.
    LeftOut(usize),
}

/// A frame on a page.
#[derive(Debug)]
pub(super) struct FrameRow {
    /// The file or module.
    pub(super) place: String,
    pub(super) function: String,
    /// `:line` or `:line:column`.
    pub(super) line: String,
    pub(super) is_app: bool,
    pub(super) is_open: bool,
    /// The lines of source around: number, text, whether it is the one.
    pub(super) code: Vec<(String, String, bool)>,
    pub(super) variables: Vec<(String, String)>,
    pub(super) variables_left_out: usize,
}

impl FrameRow {
    /// Whether there is anything to unfold.
    pub(super) fn has_more(&self) -> bool {
        !self.code.is_empty() || !self.variables.is_empty() || self.variables_left_out > 0
    }
}

impl Stack {
    /// With its raising frame open, if `is_first` of a page.
    pub(super) fn of(stack: &Stacktrace, is_first: bool) -> Self {
        // A client that marks no frame makes no difference between its own and others.
        let marks = stack.frames.iter().any(|frame| frame.in_app.is_some());
        let mut frames: Vec<_> = stack.frames.iter().rev().collect();
        let left_out = frames.len().saturating_sub(FROM_TOP + FROM_BOTTOM);
        let bottom = frames.split_off(frames.len().min(FROM_TOP));
        let bottom = &bottom[left_out.min(bottom.len())..];

        let is_app = |frame: &Frame| if marks { frame.in_app == Some(true) } else { true };
        // What the application's author looks for is where the own code called what failed.
        let open = is_first.then(|| frames.iter().position(|frame| is_app(frame)).unwrap_or_default());
        let mut room = LONGEST_VARIABLES;
        let mut shown =
            |index: usize, frame: &Frame| FrameRow::of(frame, is_app(frame), Some(index) == open, &mut room);
        let mut parts = fold(frames.iter().enumerate().map(|(index, frame)| shown(index, frame)));
        if left_out > 0 {
            parts.push(FrameGroup::LeftOut(left_out));
        }
        parts.extend(fold(bottom.iter().map(|frame| shown(usize::MAX, frame))));
        Self { parts }
    }
}

/// Puts two or more frames of others that stand together into one part; the one that raised stands for itself.
fn fold(frames: impl Iterator<Item = FrameRow>) -> Vec<FrameGroup> {
    let mut parts: Vec<FrameGroup> = Vec::new();
    for (index, frame) in frames.enumerate() {
        match parts.last_mut() {
            _ if frame.is_app || index == 0 => parts.push(FrameGroup::One(frame)),
            Some(FrameGroup::Others(others)) => others.push(frame),
            _ => parts.push(FrameGroup::Others(vec![frame])),
        }
    }
    parts
}

impl FrameRow {
    /// With as many variables as fit into `room`, which is the less for the next frame.
    fn of(frame: &Frame, is_app: bool, is_open: bool, room: &mut usize) -> Self {
        let place =
            frame.filename.as_ref().or(frame.module.as_ref()).or(frame.package.as_ref()).or(frame.abs_path.as_ref());
        let line = match (frame.lineno, frame.colno) {
            (Some(line), Some(column)) => format!(":{line}:{column}"),
            (Some(line), None) => format!(":{line}"),
            (None, _) => String::new(),
        };
        let mut variables = Vec::new();
        for (name, value) in frame.vars.iter().take(MOST_VARIABLES) {
            let (name, value) = (visible(name, 100), text::value(value));
            let Some(rest) = room.checked_sub(name.len() + value.len()) else { break };
            *room = rest;
            variables.push((name, value));
        }
        Self {
            place: visible(place.map_or("?", String::as_str), 300),
            function: visible(frame.function.as_deref().unwrap_or("?"), 300),
            line,
            is_app,
            is_open,
            code: code(frame),
            variables_left_out: frame.vars.len() - variables.len(),
            variables,
        }
    }
}

/// The source around a frame: Sentry's context, or v1's `code` by line numbers.
fn code(frame: &Frame) -> Vec<(String, String, bool)> {
    if let Some(context) = &frame.context_line {
        let number = |offset: i64| {
            let line = frame.lineno.and_then(|line| i64::try_from(line).ok()).map(|line| line + offset);
            line.filter(|line| *line > 0).map(|line| line.to_string()).unwrap_or_default()
        };
        let before = frame.pre_context.iter().zip(-(frame.pre_context.len() as i64)..);
        let after = frame.post_context.iter().zip(1i64..);
        let lines = before.chain([(context, 0)]).chain(after);
        return lines.map(|(text, offset)| (number(offset), source(text), offset == 0)).collect();
    }
    let Some(Value::Object(lines)) = frame.other.get("code") else { return Vec::new() };
    let mut lines: Vec<(u64, String)> =
        lines.iter().filter_map(|(number, text)| Some((number.parse().ok()?, source(text.as_str()?)))).collect();
    lines.sort_by_key(|(number, _)| *number);
    lines.into_iter().map(|(number, text)| (number.to_string(), text, Some(number) == frame.lineno)).collect()
}

fn source(text: &str) -> String {
    visible(text.trim_end_matches(['\n', '\r']), LONGEST_LINE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stack(apps: &[Option<bool>]) -> Stacktrace {
        let frame = |in_app: &Option<bool>| Frame { in_app: *in_app, ..Frame::default() };
        Stacktrace { frames: apps.iter().map(frame).collect(), ..Stacktrace::default() }
    }

    /// `A` is one of the application, `o` one of others, digits are left out; the open one is in brackets.
    fn drawn(stack: &Stack) -> String {
        let one = |frame: &FrameRow| match (frame.is_app, frame.is_open) {
            (true, true) => "[A]",
            (true, false) => "A",
            (false, true) => "[o]",
            (false, false) => "o",
        };
        let part = |part: &FrameGroup| match part {
            FrameGroup::One(frame) => one(frame).to_owned(),
            FrameGroup::Others(frames) => format!("({})", frames.iter().map(one).collect::<String>()),
            FrameGroup::LeftOut(number) => number.to_string(),
        };
        stack.parts.iter().map(part).collect()
    }

    #[test]
    fn the_raising_frame_is_first_and_the_own_one_open() {
        let (own, other) = (Some(true), Some(false));
        // Callers come first in an event.
        assert_eq!(drawn(&Stack::of(&stack(&[other, other, own, own, other, other]), true)), "o(o)[A]A(oo)");
        assert_eq!(drawn(&Stack::of(&stack(&[own, other]), false)), "oA");
        assert_eq!(drawn(&Stack::of(&stack(&[other, other]), true)), "[o](o)");
    }

    #[test]
    fn without_marks_every_frame_is_the_application_s() {
        assert_eq!(drawn(&Stack::of(&stack(&[None, None]), true)), "[A]A");
    }

    #[test]
    fn a_recursion_without_end_is_cut_in_its_middle() {
        let drawn = drawn(&Stack::of(&stack(&vec![Some(true); 10_000]), true));
        assert_eq!(drawn, format!("[A]{}9930{}", "A".repeat(59), "A".repeat(10)));
    }

    #[test]
    fn variables_of_a_stack_have_an_end() {
        let vars: serde_json::Map<_, _> =
            (0..40).map(|number| (format!("v{number}"), "x".repeat(1_000).into())).collect();
        let frame = Frame { vars: vars.clone(), in_app: Some(true), ..Frame::default() };
        let drawn = Stack::of(&Stacktrace { frames: vec![frame; 3], ..Stacktrace::default() }, true);
        let counts = drawn.parts.iter().map(|part| match part {
            FrameGroup::One(frame) => (frame.variables.len(), frame.variables_left_out, frame.has_more()),
            _ => unreachable!("all are the application's"),
        });
        assert_eq!(counts.collect::<Vec<_>>(), [(40, 0, true), (25, 15, true), (0, 40, true)]);
    }

    #[test]
    fn v1_s_code_is_in_the_order_of_its_lines() {
        let code = serde_json::json!({ "10": "b", "9": "a", "x": "?", "11": "c" });
        let frame =
            Frame { lineno: Some(10), other: [("code".to_owned(), code)].into_iter().collect(), ..Frame::default() };
        let line = |number: &str, text: &str, is_here| (number.to_owned(), text.to_owned(), is_here);
        assert_eq!(super::code(&frame), [line("9", "a", false), line("10", "b", true), line("11", "c", false)]);
    }
}
