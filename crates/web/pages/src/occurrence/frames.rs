//! Stack traces: the raising frame first, in-app frames in bold, library frames folded.

use model::occurrence::{Frame, Stacktrace};
use model::project::SourceLinks;
use serde_json::Value;

use crate::text::{self, visible};

/// The numbers of frames that are shown from the raising end of a stack, and from the other end. Only infinite
/// recursion has more frames than both together.
const FROM_TOP: usize = 60;
const FROM_BOTTOM: usize = 10;
/// The number of variables that are shown per frame.
const MOST_VARIABLES: usize = 50;
/// The size of all variables that are shown per stack, in bytes, from the raising end. More would make a page slow to
/// open.
const LONGEST_VARIABLES: usize = 64 << 10;
/// The longest source line that is shown, in bytes. Longer lines are usually minified code.
const LONGEST_LINE: usize = 400;

/// A stack trace on a page.
#[derive(Debug)]
pub(super) struct Stack {
    pub(super) parts: Vec<FrameGroup>,
}

/// Consecutive frames that are shown together.
#[derive(Debug)]
pub(super) enum FrameGroup {
    /// One frame, shown unfolded: an in-app frame, or the raising frame.
    One(FrameRow),
    /// Library frames, folded.
    Others(Vec<FrameRow>),
    /// The number of frames that are left out here.
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
    /// The source lines around the frame: number, text, and whether it is the frame's own line.
    pub(super) code: Vec<(String, String, bool)>,
    pub(super) variables: Vec<(String, String)>,
    pub(super) variables_left_out: usize,
    /// Why the frame, or its source, is not shown as it was written.
    pub(super) problem: Option<String>,
    /// The URL of the line in the repository.
    pub(super) link: Option<String>,
}

impl FrameRow {
    /// Whether the frame has anything to unfold.
    pub(super) fn has_more(&self) -> bool {
        !self.code.is_empty() || !self.variables.is_empty() || self.variables_left_out > 0 || self.problem.is_some()
    }
}

impl Stack {
    /// Opens the first in-app frame if `is_first`, which is the first stack of the page.
    pub(super) fn of(stack: &Stacktrace, is_first: bool, links: SourceLinks<'_>) -> Self {
        // If the client marks no frame as in-app, all frames count as in-app.
        let marks = stack.frames.iter().any(|frame| frame.in_app.is_some());
        let mut frames: Vec<_> = stack.frames.iter().rev().collect();
        let left_out = frames.len().saturating_sub(FROM_TOP + FROM_BOTTOM);
        let bottom = frames.split_off(frames.len().min(FROM_TOP));
        let bottom = &bottom[left_out.min(bottom.len())..];

        let is_app = |frame: &Frame| if marks { frame.in_app == Some(true) } else { true };
        // Developers look for the place where their own code called what failed.
        let open = is_first.then(|| frames.iter().position(|frame| is_app(frame)).unwrap_or_default());
        let mut room = LONGEST_VARIABLES;
        let mut shown = |index: usize, frame: &Frame| {
            let link = is_app(frame).then(|| links.link(frame)).flatten();
            FrameRow { link, ..FrameRow::of(frame, is_app(frame), Some(index) == open, &mut room) }
        };
        let mut parts = fold(frames.iter().enumerate().map(|(index, frame)| shown(index, frame)));
        if left_out > 0 {
            parts.push(FrameGroup::LeftOut(left_out));
        }
        parts.extend(fold(bottom.iter().map(|frame| shown(usize::MAX, frame))));
        Self { parts }
    }
}

/// Returns a stack as the client sent it, if source maps changed it.
pub(super) fn minified(stack: &Stacktrace) -> Option<Stacktrace> {
    stack.frames.iter().any(|frame| source_maps::minified_of(frame).is_some()).then(|| {
        let frames = stack.frames.iter().flat_map(source_maps::sent_frames);
        Stacktrace { frames: frames.collect(), ..Stacktrace::default() }
    })
}

/// Groups consecutive library frames into one part. The raising frame is always shown alone.
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
    /// Takes as many variables as fit into `room`, and subtracts their size from it.
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
            function: visible(frame.function.as_deref().unwrap_or("?"), 300)
                + if source_maps::is_inlined(frame) { " (inlined)" } else { "" },
            line,
            is_app,
            is_open,
            code: code(frame),
            problem: source_maps::problem_of(frame).map(|problem| visible(problem, 400)),
            variables_left_out: frame.vars.len() - variables.len(),
            variables,
            link: None,
        }
    }
}

/// The source lines around a frame: Sentry's context lines, or v1's `code`, which maps line numbers to source.
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

    /// `A` is an in-app frame, `o` a library frame, a number counts frames that are left out, and brackets mark the
    /// open frame.
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
    fn the_raising_frame_is_first_and_the_first_in_app_frame_is_open() {
        let (own, other) = (Some(true), Some(false));
        // Callers come first in an event.
        assert_eq!(
            drawn(&Stack::of(&stack(&[other, other, own, own, other, other]), true, SourceLinks::default())),
            "o(o)[A]A(oo)"
        );
        assert_eq!(drawn(&Stack::of(&stack(&[own, other]), false, SourceLinks::default())), "oA");
        assert_eq!(drawn(&Stack::of(&stack(&[other, other]), true, SourceLinks::default())), "[o](o)");
    }

    #[test]
    fn without_marks_every_frame_is_in_app() {
        assert_eq!(drawn(&Stack::of(&stack(&[None, None]), true, SourceLinks::default())), "[A]A");
    }

    #[test]
    fn infinite_recursion_is_cut_in_the_middle() {
        let drawn = drawn(&Stack::of(&stack(&vec![Some(true); 10_000]), true, SourceLinks::default()));
        assert_eq!(drawn, format!("[A]{}9930{}", "A".repeat(59), "A".repeat(10)));
    }

    #[test]
    fn the_size_of_the_variables_of_a_stack_is_limited() {
        let vars: serde_json::Map<_, _> =
            (0..40).map(|number| (format!("v{number}"), "x".repeat(1_000).into())).collect();
        let frame = Frame { vars: vars.clone(), in_app: Some(true), ..Frame::default() };
        let drawn =
            Stack::of(&Stacktrace { frames: vec![frame; 3], ..Stacktrace::default() }, true, SourceLinks::default());
        let counts = drawn.parts.iter().map(|part| match part {
            FrameGroup::One(frame) => (frame.variables.len(), frame.variables_left_out, frame.has_more()),
            _ => unreachable!("all frames are in-app"),
        });
        assert_eq!(counts.collect::<Vec<_>>(), [(40, 0, true), (25, 15, true), (0, 40, true)]);
    }

    #[test]
    fn v1_code_is_sorted_by_line_number() {
        let code = serde_json::json!({ "10": "b", "9": "a", "x": "?", "11": "c" });
        let frame =
            Frame { lineno: Some(10), other: [("code".to_owned(), code)].into_iter().collect(), ..Frame::default() };
        let line = |number: &str, text: &str, is_here| (number.to_owned(), text.to_owned(), is_here);
        assert_eq!(super::code(&frame), [line("9", "a", false), line("10", "b", true), line("11", "c", false)]);
    }
}
