//! Stack traces: the frames that matter, the raising frame first.

use std::collections::BTreeMap;

use model::occurrence::{Exception, Frame, Stacktrace};
use model::project::SourceLinks;
use schemars::JsonSchema;
use serde::Serialize;

use crate::budget::Budget;
use crate::text::{inline, plain, value};

/// An exception, with the frames that matter.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReportedException {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) value: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) handled: Option<bool>,
    /// The frames, raising frame first.
    #[schemars(length(max = 23))]
    pub(crate) frames: Vec<ReportedFrame>,
}

/// A frame of a stack.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReportedFrame {
    /// The file, or else the module.
    pub(crate) file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) line: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) column: Option<u64>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) function: String,
    /// Whether it is the application's own code.
    pub(crate) in_app: bool,
    /// The line in the repository, made of the project's setting and of what the frame says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) link: Option<String>,
    /// The source around it: each line with its number, the frame's own marked with `>`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 11))]
    pub(crate) source: Vec<String>,
    /// Local variables, as the client wrote them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) variables: BTreeMap<String, String>,
}

impl ReportedException {
    pub(crate) fn of(exception: &Exception, links: SourceLinks<'_>, budget: &Budget, cut: &mut Vec<String>) -> Self {
        let handled = exception.mechanism.get("handled").and_then(serde_json::Value::as_bool);
        let frames =
            exception.stacktrace.as_ref().map(|stack| pick_frames(stack, links, budget, cut)).unwrap_or_default();
        Self {
            kind: inline(exception.kind.as_deref().unwrap_or("Exception"), budget.short),
            value: plain(exception.value.as_deref().unwrap_or_default(), budget.long),
            handled,
            frames,
        }
    }

    /// A stack that belongs to no exception.
    pub(crate) fn of_stack(
        kind: &str,
        stack: &Stacktrace,
        links: SourceLinks<'_>,
        budget: &Budget,
        cut: &mut Vec<String>,
    ) -> Self {
        let frames = pick_frames(stack, links, budget, cut);
        Self { kind: inline(kind, budget.short), value: String::new(), handled: None, frames }
    }
}

/// Picks frames of the application and of libraries from the raising end, each up to its own number.
fn pick_frames(
    stack: &Stacktrace,
    links: SourceLinks<'_>,
    budget: &Budget,
    cut: &mut Vec<String>,
) -> Vec<ReportedFrame> {
    // If the client marks no frame, all are the application's.
    let marks = stack.frames.iter().any(|frame| frame.in_app.is_some());
    let (mut app, mut library, mut left_out, mut variables_left_out) = (0, 0, 0, 0);
    let mut picked = Vec::new();
    for frame in stack.frames.iter().rev() {
        let in_app = !marks || frame.in_app == Some(true);
        let (count, most) = if in_app { (&mut app, budget.app_frames) } else { (&mut library, budget.library_frames) };
        if *count >= most {
            left_out += 1;
            continue;
        }
        *count += 1;
        let is_open = in_app && app <= budget.open_frames;
        variables_left_out += frame.vars.len().saturating_sub(if is_open { budget.variables } else { 0 });
        // A link is longer than the other parts of a frame: only the frames that are open have one.
        let link = is_open.then(|| links.link(frame)).flatten();
        picked.push(ReportedFrame { link, ..ReportedFrame::of(frame, in_app, is_open, budget) });
    }
    if left_out > 0 {
        cut.push(format!("{left_out} of the {} frames of a stack", stack.frames.len()));
    }
    if variables_left_out > 0 {
        cut.push(format!("values of local variables in a stack: {variables_left_out}"));
    }
    picked
}

impl ReportedFrame {
    fn of(frame: &Frame, in_app: bool, is_open: bool, budget: &Budget) -> Self {
        let places = [&frame.filename, &frame.module, &frame.package, &frame.abs_path];
        let place = places.into_iter().flatten().next().map_or("?", String::as_str);
        let variables = frame.vars.iter().take(if is_open { budget.variables } else { 0 });
        Self {
            file: inline(place, budget.short),
            line: frame.lineno,
            column: frame.colno,
            function: inline(frame.function.as_deref().unwrap_or_default(), budget.short),
            in_app,
            link: None,
            source: if is_open { source(frame, budget) } else { Vec::new() },
            variables: variables
                .map(|(name, content)| (inline(name, budget.short), value(content, budget.short)))
                .collect(),
        }
    }
}

/// The source lines around a frame: Sentry's context lines, or v1's `code`, which maps line numbers to source.
fn source(frame: &Frame, budget: &Budget) -> Vec<String> {
    let line = frame.lineno.unwrap_or_default();
    let write = |number: u64, text: &str| {
        let mark = if number == line { '>' } else { ' ' };
        inline(&format!("{number:>5}{mark} {}", text.trim_end_matches(['\n', '\r'])), budget.short)
    };
    let Some(own) = &frame.context_line else {
        let code = frame.other.get("code").and_then(|code| code.as_object());
        let lines = code.into_iter().flatten().filter_map(|(at, text)| Some((at.parse::<u64>().ok()?, text.as_str()?)));
        let near = lines.filter(|(at, _)| at.abs_diff(line) <= budget.source_lines as u64);
        return near.collect::<BTreeMap<_, _>>().into_iter().map(|(at, text)| write(at, text)).collect();
    };
    let lines_before = line.saturating_sub(1).min(budget.source_lines as u64).min(frame.pre_context.len() as u64);
    let first = line.saturating_sub(lines_before);
    let before = frame.pre_context[frame.pre_context.len() - lines_before as usize..].iter().zip(first..);
    let after = frame.post_context.iter().take(budget.source_lines).zip(line.saturating_add(1)..);
    let lines = before.chain([(own, line)]).chain(after);
    lines.map(|(text, number)| write(number, text)).collect()
}
