//! The parts of a stack that contribute to the hash.

use super::frame::{FrameKey, is_recursion, key};
use super::image::Images;
use super::platform::Family;
use model::occurrence::{Frame, Stacktrace};

/// The key of a stack: the keys of all frames, whether they contribute or not.
#[derive(Debug, Default)]
pub(super) struct StackKey<'a> {
    pub(super) frames: Vec<FrameKey<'a>>,
}

impl<'a> StackKey<'a> {
    /// Returns the key of `stack`. `platform` is that of the event, which a frame may override. For `marked` see
    /// [`is_in_app`](super::in_app::is_in_app). `images` are those of the event.
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
                    Some(if index < counts.start { "start of the thread" } else { "code that raises errors" });
            } else if before.is_some_and(|before| is_recursion(frame, before)) {
                key.ignored = Some("recursive call");
            }
            frames.push(key);
            before = Some(frame);
        }
        let mut stack_key = Self { frames };
        // A browser reports this for the top level of a script, or for an inline handler.
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

    /// Returns whether any frame contributes; if `app`, any in-app frame.
    pub(super) fn contributes(&self, app: bool) -> bool {
        self.contributing(app).next().is_some()
    }

    /// Returns the frames that contribute; if `app`, only in-app frames.
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
