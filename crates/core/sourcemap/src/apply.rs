//! Puts what the maps say into the frames of an occurrence. The minified frame stays in `data.minified`.

use std::collections::BTreeMap;

use model::id::DebugId;
use model::occurrence::{Frame, Occurrence};

use crate::marks::{keep_minified, name_source_map, note_problem};
use crate::stacks::{At, stacks_mut};
use crate::{Context, FrameProblem, is_third_party, readable};

/// The most bytes of source lines that are added to an event. The frames nearest to the fault come first.
const MAX_CONTEXT: usize = 64 << 10;

/// The original place of a frame, as its map has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Original {
    /// The debug id of the map.
    pub id: DebugId,
    /// The source's path, as the map has it.
    pub source: String,
    /// Whether the map says that it is third-party code.
    pub is_ignored: bool,
    /// Line and column in the source, from 0.
    pub line: u32,
    pub column: u32,
    /// The original name of the identifier at this place: of the function that is called here.
    pub name: Option<String>,
    /// The original name of the function around this place; empty if it is anonymous, `None` if it is not known.
    pub function: Option<String>,
    /// The source lines; `None` if the map does not contain them.
    pub context: Option<Context>,
}

/// Puts the results of look-ups into an occurrence. `explains` also notes why frames could not be mapped; what is stored
/// does not, because the map may come later.
pub fn apply(occurrence: &mut Occurrence, results: Vec<(At, Result<Original, FrameProblem>)>, explains: bool) {
    let mut by_stack: BTreeMap<usize, BTreeMap<usize, Result<Original, FrameProblem>>> = BTreeMap::new();
    for (at, result) in results {
        by_stack.entry(at.stack).or_default().insert(at.frame, result);
    }
    let mut room = MAX_CONTEXT;
    for (number, stack) in stacks_mut(occurrence).enumerate() {
        let Some(results) = by_stack.remove(&number) else { continue };
        let called: BTreeMap<usize, String> =
            results.iter().filter_map(|(frame, result)| Some((*frame, result.as_ref().ok()?.name.clone()?))).collect();
        for (index, result) in results.into_iter().rev() {
            let Some(frame) = stack.frames.get_mut(index) else { continue };
            match result {
                Ok(original) => {
                    // The caller names what it calls.
                    let called = index.checked_sub(1).and_then(|caller| called.get(&caller));
                    if original.context.is_none() {
                        note_problem(frame, &FrameProblem::NoSource(readable(&original.source)).sentence());
                    }
                    replace(frame, original, called.map(String::as_str), &mut room);
                }
                Err(problem) if explains => note_problem(frame, &problem.sentence()),
                Err(_) => {}
            }
        }
    }
}

fn replace(frame: &mut Frame, original: Original, called: Option<&str>, room: &mut usize) {
    keep_minified(frame, &[]);
    name_source_map(frame, original.id);

    frame.function = match original.function {
        Some(function) => Some(function).filter(|function| !function.is_empty()),
        None => called.map(str::to_owned).or_else(|| frame.function.as_deref().map(last_part)),
    };
    if original.is_ignored || is_third_party(&original.source) {
        frame.in_app = Some(false);
    }
    frame.filename = Some(readable(&original.source));
    frame.abs_path = Some(original.source);
    frame.module = None;
    frame.lineno = Some(u64::from(original.line) + 1);
    frame.colno = Some(u64::from(original.column) + 1);
    // The SDK's own lines are of the minified file.
    let size = |context: &Context| {
        context.line.len() + context.before.iter().chain(&context.after).map(String::len).sum::<usize>()
    };
    let context = original.context.and_then(|context| {
        *room = room.checked_sub(size(&context))?;
        Some(context)
    });
    (frame.pre_context, frame.context_line, frame.post_context) = match context {
        Some(context) => (context.before, Some(context.line), context.after),
        None => (Vec::new(), None, Vec::new()),
    };
}

/// Bundlers rename objects, but rarely their methods: `n.pay` becomes `pay`.
fn last_part(function: &str) -> String {
    function.rsplit('.').next().unwrap_or(function).to_owned()
}
