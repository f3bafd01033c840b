//! What each platform's frames are cleaned of, so that builds, browsers and runtimes do not split an error.

mod java;
mod javascript;
mod native;
mod script;

use std::borrow::Cow;

use crate::occurrence::Frame;

/// Platforms whose frames are cleaned alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// Browsers and Node.
    JavaScript,
    /// The JVM and Android.
    Java,
    /// C, C++, Objective-C, Swift, Rust: symbols of machine code.
    Native,
    /// PHP.
    Php,
    /// Ruby.
    Ruby,
    /// .NET.
    CSharp,
    /// Python.
    Python,
    /// Every other.
    Other,
}

impl Family {
    pub(super) fn of(platform: &str) -> Self {
        match platform {
            "javascript" | "node" => Self::JavaScript,
            "java" | "groovy" => Self::Java,
            "native" | "c" | "cocoa" | "objc" | "rust" | "swift" => Self::Native,
            "php" => Self::Php,
            "ruby" => Self::Ruby,
            "csharp" => Self::CSharp,
            "python" => Self::Python,
            _ => Self::Other,
        }
    }

    /// Whether the source line is part of a frame's key: where a file is deployed as it was written.
    pub(super) fn has_source(self) -> bool {
        match self {
            Self::JavaScript | Self::Php | Self::Ruby | Self::Python => true,
            Self::Java | Self::Native | Self::CSharp | Self::Other => false,
        }
    }

    /// The function's name, cleaned; `None` if it says nothing.
    pub(super) fn function(self, frame: &Frame) -> Option<Cow<'_, str>> {
        let function = frame.function.as_deref().map(str::trim).filter(|name| !name.is_empty() && *name != "?");
        match self {
            Self::JavaScript => javascript::function(function?).map(Cow::Borrowed),
            Self::Java => java::function(function?, frame.module.as_deref()).map(Cow::Borrowed),
            Self::Native => native::function(function?),
            Self::Php => script::php(function?).map(Cow::Borrowed),
            Self::Ruby => Some(script::ruby(function?)),
            Self::CSharp => Some(Cow::Borrowed(script::csharp(frame.raw_function.as_deref().or(function)?))),
            Self::Python | Self::Other => function.map(Cow::Borrowed),
        }
    }

    /// The module's name, cleaned; `None` if it says nothing.
    pub(super) fn module(self, frame: &Frame) -> Option<Cow<'_, str>> {
        let module = frame.module.as_deref().map(str::trim).filter(|name| !name.is_empty())?;
        match self {
            Self::JavaScript => (!javascript::is_path(module, frame)).then_some(Cow::Borrowed(module)),
            Self::Java => java::module(module),
            Self::Native | Self::Php | Self::Ruby | Self::CSharp | Self::Python | Self::Other => {
                Some(Cow::Borrowed(module))
            }
        }
    }

    /// Why the whole frame is left out, if it is.
    pub(super) fn ignored(self, frame: &Frame) -> Option<&'static str> {
        match self {
            Self::JavaScript => javascript::ignored(frame),
            Self::Java => java::ignored(frame),
            Self::Native => native::ignored(frame),
            Self::Php | Self::Ruby | Self::CSharp | Self::Python | Self::Other => None,
        }
    }

    /// The frames that say what happened, as the range from the outermost that does to the innermost: without the base
    /// of the thread and all outside it, and without the helper that raised the error and all inside it.
    pub(super) fn trim(self, frames: &[Frame]) -> std::ops::Range<usize> {
        match self {
            Self::Native => native::trim(frames),
            Self::JavaScript | Self::Java | Self::Php | Self::Ruby | Self::CSharp | Self::Python | Self::Other => {
                0..frames.len()
            }
        }
    }
}

#[cfg(test)]
mod tests;
