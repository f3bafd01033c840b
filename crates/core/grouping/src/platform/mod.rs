//! Cleans names on each platform, so that different builds, browsers and runtimes do not split an error.
//!
//! Names are cut to [`MAX_NAME`](super::name::MAX_NAME) first, and every rule takes linear time, because anyone who can
//! cause an error can choose function names.

mod csharp;
mod java;
mod javascript;
mod native;
mod other;
mod php;
mod ruby;
mod script_file;
mod symbol;

use std::borrow::Cow;

use super::name::{bounded, without_addresses};
use model::occurrence::Frame;

/// Platforms whose frames are cleaned in the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// Browsers and Node.js.
    JavaScript,
    /// The JVM and Android.
    Java,
    /// C, C++, Objective-C, Swift, Rust: native code with symbols.
    Native,
    Php,
    Ruby,
    CSharp,
    Python,
    Go,
    /// The languages of the BEAM, such as Erlang and Elixir.
    Beam,
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
            "go" => Self::Go,
            "elixir" => Self::Beam,
            _ => Self::Other,
        }
    }

    /// Returns whether the source line is part of a frame's key, because files are deployed as they were written.
    pub(super) fn has_source(self) -> bool {
        match self {
            Self::JavaScript | Self::Php | Self::Ruby | Self::Python => true,
            Self::Java | Self::Native | Self::CSharp | Self::Go | Self::Beam | Self::Other => false,
        }
    }

    /// Returns the cleaned name of the function, or `None` if it has no meaning.
    pub(super) fn function(self, frame: &Frame) -> Option<Cow<'_, str>> {
        let function = given(frame.function.as_deref()).filter(|name| *name != "?");
        let name = match self {
            Self::JavaScript => javascript::function(function?)?,
            Self::Java => java::function(function?),
            Self::Native => native::function(function?)?,
            Self::Php => php::function(function?)?,
            Self::Ruby => ruby::function(function?),
            Self::CSharp => csharp::function(given(frame.raw_function.as_deref()).or(function)?),
            Self::Go => other::go(function?),
            Self::Beam => other::beam(function?),
            Self::Python | Self::Other => other::any(function?)?,
        };
        Some(without_addresses(name))
    }

    /// Returns the cleaned name of the module, or `None` if it has no meaning.
    pub(super) fn module(self, frame: &Frame) -> Option<Cow<'_, str>> {
        let module = given(frame.module.as_deref())?;
        let name = match self {
            Self::JavaScript if javascript::is_path(module, frame) => return None,
            Self::JavaScript => script_file::module(module),
            Self::Native | Self::Ruby | Self::Go | Self::Beam | Self::Python | Self::Other => Cow::Borrowed(module),
            Self::Java | Self::Php | Self::CSharp => self.class(module),
        };
        Some(without_addresses(name))
    }

    /// Returns the cleaned type of an exception, or `None` if it has no meaning.
    pub(super) fn exception_type(self, kind: &str) -> Option<Cow<'_, str>> {
        let kind = bounded(kind);
        // Names of dart2js differ in each build.
        if kind.is_empty() || kind.starts_with("minified:") {
            return None;
        }
        Some(without_addresses(self.class(kind)))
    }

    fn class(self, name: &str) -> Cow<'_, str> {
        match self {
            Self::Java => java::module(name),
            Self::Native => native::exception_type(name),
            Self::Php => php::class(name),
            Self::CSharp => csharp::class(name),
            Self::JavaScript | Self::Ruby | Self::Go | Self::Beam | Self::Python | Self::Other => Cow::Borrowed(name),
        }
    }

    /// Returns the cleaned name of a file without its folders.
    pub(super) fn file(self, name: &str) -> Cow<'_, str> {
        match self {
            Self::JavaScript => script_file::file(name),
            Self::Php => php::file(name),
            Self::Other if name.ends_with(".js") => script_file::file(name),
            Self::Java
            | Self::Native
            | Self::Ruby
            | Self::CSharp
            | Self::Go
            | Self::Beam
            | Self::Python
            | Self::Other => Cow::Borrowed(name),
        }
    }

    /// Returns whether a script is served over the web, or was bundled as if it were, so that its path depends on the
    /// deployment.
    pub(super) fn is_served(self, path: &str) -> bool {
        match self {
            Self::JavaScript => script_file::is_served(path),
            _ => path.starts_with("file:") || script_file::is_web(path),
        }
    }

    /// Returns why the whole frame is ignored, or `None` if it is not. `before` is its caller.
    pub(super) fn ignored(self, frame: &Frame, before: Option<&Frame>) -> Option<&'static str> {
        match self {
            Self::JavaScript => javascript::ignored(frame),
            Self::Java => java::ignored(frame),
            Self::Native => native::ignored(frame),
            // Comprehensions have no frames of their own since Python 3.12.
            Self::Python => {
                let name = frame.function.as_deref()?.rsplit('.').next()?;
                let is_comprehension = matches!(name, "<listcomp>" | "<dictcomp>" | "<setcomp>");
                let is_inside = before.is_some_and(|before| before.filename == frame.filename);
                (is_comprehension && is_inside).then_some("a comprehension: the enclosing function is used instead")
            }
            Self::Php | Self::Ruby | Self::CSharp | Self::Go | Self::Beam | Self::Other => None,
        }
    }

    /// Returns the range of the frames that describe the error: without the functions in which threads start and all
    /// outside of them, and without the helper that raised the error and all inside of it.
    pub(super) fn trim(self, frames: &[Frame]) -> std::ops::Range<usize> {
        match self {
            Self::Native => native::trim(frames),
            Self::JavaScript
            | Self::Java
            | Self::Php
            | Self::Ruby
            | Self::CSharp
            | Self::Go
            | Self::Beam
            | Self::Python
            | Self::Other => 0..frames.len(),
        }
    }
}

/// Returns a non-empty name, cut to its maximum length.
fn given(name: Option<&str>) -> Option<&str> {
    name.map(bounded).filter(|name| !name.is_empty())
}

/// Returns the last part of a path, without the query of a script.
pub(super) fn name_of(path: &str, family: Family) -> &str {
    match family {
        Family::JavaScript => script_file::name_of(path),
        _ => path.rsplit(['/', '\\']).next().unwrap_or(path),
    }
}

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests;
