//! What of a stack counts.

use super::frame::{FrameKey, is_recursion, key};
use super::image::Images;
use super::platform::Family;
use model::occurrence::{Frame, Stacktrace};

/// A stack's key: one for each frame, whether it counts or not.
#[derive(Debug, Default)]
pub(super) struct StackKey<'a> {
    pub(super) frames: Vec<FrameKey<'a>>,
}

impl<'a> StackKey<'a> {
    /// The key of `stack`. `platform` is the event's, which a frame may override; `marked`: see
    /// [`is_in_app`](super::in_app::is_in_app); `images`: the event's.
    pub(super) fn of(stack: &'a Stacktrace, platform: &str, marked: bool, images: &Images<'_>) -> Self {
        let own = Family::of(platform);
        let family = |frame: &Frame| frame.platform.as_deref().map_or(own, Family::of);
        let counts = own.trim(&stack.frames);
        let mut frames = Vec::with_capacity(stack.frames.len());
        let mut before: Option<&Frame> = None;
        for (index, frame) in stack.frames.iter().enumerate() {
            let mut key = key(frame, before, family(frame), marked, images);
            if !counts.contains(&index) {
                key.ignored =
                    Some(if index < counts.start { "the thread's beginning" } else { "it raises every error" });
            } else if before.is_some_and(|before| is_recursion(frame, before)) {
                key.ignored = Some("the function calls itself");
            }
            frames.push(key);
            before = Some(frame);
        }
        let mut stack_key = Self { frames };
        // What a browser says of a script's top level, or of an inline handler.
        if let ([frame], [key]) = (stack.frames.as_slice(), stack_key.frames.as_mut_slice())
            && family(frame) == Family::JavaScript
            && key.function.is_none()
            && key.module.is_none()
            && frame.abs_path.as_deref().is_some_and(|path| path.contains("://"))
        {
            key.ignored = Some("a single frame without a function");
        }
        stack_key
    }

    /// Whether any frame counts, of the application's own if `app`.
    pub(super) fn contributes(&self, app: bool) -> bool {
        self.contributing(app).next().is_some()
    }

    /// The frames that count.
    pub(super) fn contributing(&self, app: bool) -> impl Iterator<Item = &FrameKey<'a>> {
        self.frames.iter().filter(move |frame| frame.ignored.is_none() && (frame.in_app || !app))
    }

    pub(super) fn write(&self, app: bool, out: &mut String) {
        for frame in self.contributing(app) {
            out.push('\u{1e}');
            frame.write(out);
        }
    }
}
