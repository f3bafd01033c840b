//! Puts what the mappings say into an event.

use grouping::main_exception;
use model::occurrence::Occurrence;
use proguard::{ProguardMapper, ProguardMapping};

use crate::FoundClasses;
use crate::stack::Retracer;
use crate::wanted::{MAX_FRAMES, class_of_type, is_mapped_type};

/// Replaces obfuscated frames and exceptions of an event by the original ones. `explains` also notes why frames could
/// not be mapped; what is stored does not, because the mapping may come later. Returns whether anything was mapped.
pub fn apply(occurrence: &mut Occurrence, found: &FoundClasses, explains: bool) -> bool {
    let text: String = found.classes.values().map(|class| class.text.as_str()).collect();
    let mapper = ProguardMapper::new(ProguardMapping::new(text.as_bytes()));
    let is_marked = {
        let raised = occurrence.exceptions.iter().filter_map(|exception| exception.stacktrace.as_ref());
        let threads = occurrence.threads.iter().filter_map(|thread| thread.stacktrace.as_ref());
        let mut frames = raised.chain(&occurrence.stacktrace).chain(threads).flat_map(|stack| &stack.frames);
        frames.any(|frame| frame.in_app.is_some())
    };
    let mut retracer =
        Retracer { mapper: &mapper, found, platform: &occurrence.platform, is_marked, explains, left: MAX_FRAMES };
    let shown = main_exception(&occurrence.exceptions).and_then(|exception| exception.kind.clone());
    let mut is_changed = false;
    for exception in occurrence.exceptions.iter_mut().rev() {
        let sent = class_of_type(exception);
        let open = sent.as_deref().filter(|_| !is_mapped_type(exception));
        let original = open.and_then(|class| mapper.remap_class(class));
        if let Some(stack) = &mut exception.stacktrace {
            let thrown = original.or(sent.as_deref());
            is_changed |= retracer.retrace(stack, thrown);
        }
        if let Some(original) = original.filter(|original| Some(*original) != sent.as_deref()) {
            source_maps::keep_minified_type(exception);
            let (module, kind) =
                original.rsplit_once('.').map_or((None, original), |(module, kind)| (Some(module), kind));
            exception.kind = Some(kind.to_owned());
            exception.module = module.map(str::to_owned);
            is_changed = true;
        }
    }
    let threads = occurrence.threads.iter_mut().filter_map(|thread| thread.stacktrace.as_mut());
    for stack in occurrence.stacktrace.iter_mut().chain(threads) {
        is_changed |= retracer.retrace(stack, None);
    }
    // The event is named after its exception.
    if shown.is_some_and(|kind| kind == occurrence.kind)
        && let Some(kind) = main_exception(&occurrence.exceptions).and_then(|exception| exception.kind.clone())
    {
        occurrence.kind = kind;
    }
    is_changed
}
