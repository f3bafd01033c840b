//! Retraces one stack.

use model::occurrence::{Frame, Stacktrace};
use proguard::{ProguardMapper, StackFrame, StackTrace, Throwable};

use crate::wanted::{is_open_on, looks_obfuscated};
use crate::{FoundClasses, RetraceProblem};

/// The most frames that one frame may become. More are not inlined calls, but methods that look alike.
const MAX_INLINED: usize = 32;

/// The mappings and settings with which the stacks of an event are retraced.
pub(crate) struct Retracer<'a> {
    pub(crate) mapper: &'a ProguardMapper<'a>,
    pub(crate) found: &'a FoundClasses,
    /// The platform of the event.
    pub(crate) platform: &'a str,
    /// Whether the client marks frames as in-app.
    pub(crate) is_marked: bool,
    pub(crate) explains: bool,
    /// How many more frames of the event are retraced.
    pub(crate) left: usize,
}

/// A frame as the mapping has it.
struct OriginalFrame {
    class: String,
    method: String,
    file: Option<String>,
    line: Option<u64>,
}

impl Retracer<'_> {
    /// Replaces the frames of a stack. `thrown` is the original class of the exception. Returns whether any changed.
    pub(crate) fn retrace(&mut self, stack: &mut Stacktrace, thrown: Option<&str>) -> bool {
        let mut out: Vec<Frame> = Vec::with_capacity(stack.frames.len());
        // Code that R8 moved out of several methods: the frame below, its caller, has the line.
        let mut outlined: Vec<Frame> = Vec::new();
        let mut is_top = true;
        let mut is_changed = false;
        for mut frame in std::mem::take(&mut stack.frames).into_iter().rev() {
            let is_open = is_open_on(&frame, self.platform) && self.left > 0;
            self.left = self.left.saturating_sub(usize::from(is_open));
            let class = frame.module.clone().filter(|_| is_open);
            let Some(class) = class.filter(|class| self.found.classes.contains_key(class)) else {
                out.append(&mut outlined);
                if is_open && self.explains {
                    self.explain_missing(&mut frame);
                }
                is_top = false;
                out.push(frame);
                continue;
            };
            if self.originals(None, std::slice::from_ref(&frame)).is_empty() {
                outlined.push(frame);
                continue;
            }
            let calls: Vec<_> = outlined.iter().chain([&frame]).cloned().collect();
            let originals = self.originals(thrown.filter(|_| is_top), &calls);
            is_top = false;
            if self.explains {
                self.explain_line(&class, &mut frame, &originals);
            }
            if outlined.is_empty() && is_same(&frame, &originals) {
                out.push(frame);
                continue;
            }
            is_changed = true;
            self.replace(frame, &class, originals, std::mem::take(&mut outlined), &mut out);
        }
        out.append(&mut outlined);
        out.reverse();
        stack.frames = out;
        is_changed
    }

    /// Returns the original frames of the last of these frames; the ones before it are outlined code that it called. Empty if it
    /// is outlined code itself.
    fn originals(&self, thrown: Option<&str>, frames: &[Frame]) -> Vec<OriginalFrame> {
        let text = |text: &'_ Option<String>| text.clone().unwrap_or_default();
        let named: Vec<_> =
            frames.iter().map(|frame| (text(&frame.module), text(&frame.function), frame.lineno)).collect();
        let frames = named.iter().map(|(class, method, line)| {
            StackFrame::new(class, method, usize::try_from(line.unwrap_or_default()).unwrap_or_default())
        });
        let trace = StackTrace::new(thrown.map(Throwable::new), frames.collect());
        let original = |frame: &StackFrame<'_>| OriginalFrame {
            class: frame.class().to_owned(),
            method: frame.method().to_owned(),
            file: frame.file().map(str::to_owned),
            line: frame.line().filter(|line| *line > 0).map(|line| line as u64),
        };
        self.mapper.remap_stacktrace_typed(&trace).frames().iter().take(MAX_INLINED).map(original).collect()
    }

    /// Appends the original frames, innermost first. The last one is in the place of the sent one.
    fn replace(
        &self,
        sent: Frame,
        class: &str,
        originals: Vec<OriginalFrame>,
        outlined: Vec<Frame>,
        out: &mut Vec<Frame>,
    ) {
        let id = self.found.classes.get(class).map(|class| class.id.to_string());
        let count = originals.len();
        if count == 0 {
            // The rules of R8 remove all of it: the exception is shown at the caller.
            let mut kept = sent;
            kept.in_app = Some(false);
            out.extend(outlined);
            out.push(kept);
            return;
        }
        for (number, original) in originals.into_iter().enumerate() {
            let mut frame = sent.clone();
            match number + 1 == count {
                true => source_maps::keep_minified(&mut frame, &outlined),
                false => source_maps::mark_inlined(&mut frame),
            }
            if let Some(id) = &id {
                source_maps::name_mapping(&mut frame, id);
            }
            if frame.in_app.is_none() && self.is_marked {
                frame.in_app = Some(!grouping::is_java_library(&original.class));
            }
            frame.module = Some(original.class);
            frame.function = Some(original.method);
            frame.filename = original.file;
            frame.abs_path = None;
            frame.lineno = original.line;
            out.push(frame);
        }
    }

    /// Notes why the class of a frame was not found.
    fn explain_missing(&self, frame: &mut Frame) {
        let is_library = frame.module.as_deref().is_some_and(grouping::is_java_library);
        let problem = match (&self.found.problem, self.found.id) {
            // Frames of the system are not in a mapping.
            _ if is_library => None,
            (Some(problem @ RetraceProblem::NoId), _) => looks_obfuscated(frame).then(|| problem.clone()),
            (Some(problem), _) => Some(problem.clone()),
            (None, Some(id)) => looks_obfuscated(frame).then_some(RetraceProblem::NoClass(id)),
            (None, None) => None,
        };
        if let Some(problem) = problem {
            source_maps::note_problem(frame, &problem.sentence());
        }
    }

    /// Notes if the mapping has the method of a frame, but not its line.
    fn explain_line(&self, class: &str, frame: &mut Frame, originals: &[OriginalFrame]) {
        let Some(found) = self.found.classes.get(class) else { return };
        let method = frame.function.as_deref().unwrap_or_default();
        let is_renamed = originals.first().is_some_and(|original| original.method != method);
        let has_method = || found.text.contains(&format!(" -> {method}\n"));
        let own = StackFrame::new(class, method, frame.lineno.unwrap_or_default() as usize);
        if frame.lineno.is_some() && !is_renamed && has_method() && self.mapper.remap_frame(&own).next().is_none() {
            source_maps::note_problem(frame, &RetraceProblem::NoLine(found.id).sentence());
        }
    }
}

/// Whether the mapping says what the frame says anyway.
fn is_same(frame: &Frame, originals: &[OriginalFrame]) -> bool {
    let [original] = originals else { return false };
    frame.module.as_deref() == Some(&original.class)
        && frame.function.as_deref().unwrap_or_default() == original.method
        && frame.lineno == original.line
}
