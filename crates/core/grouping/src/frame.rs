//! What of a frame counts.

use std::borrow::Cow;

use super::image::Images;
use super::in_app::is_in_app;
use super::name::bounded;
use super::platform::{Family, name_of};
use model::occurrence::Frame;

/// Source lines longer than this, in bytes, are minified code.
const MAX_CONTEXT: usize = 120;

/// A frame's key. Line numbers are no part of it: every change above would make a new error.
#[derive(Debug)]
pub(super) struct FrameKey<'a> {
    pub(super) module: Option<Cow<'a, str>>,
    pub(super) filename: Option<Cow<'a, str>>,
    pub(super) context: Option<Cow<'a, str>>,
    pub(super) function: Option<Cow<'a, str>>,
    /// Whether it is the application's own code.
    pub(super) in_app: bool,
    /// Why it does not count, if it does not.
    pub(super) ignored: Option<&'static str>,
}

/// The key of `frame`, which is of `family`, and whose caller is `before`. `images` are the event's.
pub(super) fn key<'a>(
    frame: &'a Frame,
    before: Option<&Frame>,
    family: Family,
    marked: bool,
    images: &Images<'_>,
) -> FrameKey<'a> {
    let module = family.module(frame);
    let function = family.function(frame);
    let origin = origin(frame, family);
    let filename = match (&module, family, &function) {
        (Some(_), _, _) => None,
        // Symbols say more than the source file, which only some builds know.
        (None, Family::Native, Some(_)) => None,
        (None, Family::Native, None) => place_in_image(frame, images),
        (None, _, _) => filename(frame, family, origin),
    };
    let mut key = FrameKey {
        filename,
        module,
        context: if family.has_source() && !(origin == Origin::Url && function.is_none()) {
            context(frame)
        } else {
            None
        },
        function,
        in_app: is_in_app(frame, family, marked),
        ignored: family.ignored(frame, before),
    };
    let source_mapped = frame.other.get("data").is_some_and(|data| data.get("sourcemap").is_some());
    if source_mapped && key.context.is_some() {
        // Minifiers rename functions; the source line is what the developer wrote.
        key.function = None;
    }
    if key.ignored.is_none() && key.is_empty() {
        key.ignored = Some("nothing in it that says where it is");
    }
    key
}

impl FrameKey<'_> {
    fn is_empty(&self) -> bool {
        self.module.is_none() && self.filename.is_none() && self.context.is_none() && self.function.is_none()
    }

    /// What goes into the hash. The marks keep one kind of value from being taken for another.
    pub(super) fn write(&self, out: &mut String) {
        for (mark, value) in [('m', &self.module), ('p', &self.filename), ('c', &self.context), ('f', &self.function)] {
            if let Some(value) = value {
                out.push('\u{1f}');
                out.push(mark);
                out.push_str(value);
            }
        }
    }
}

/// Whether two frames that follow each other are a function that calls itself.
pub(super) fn is_recursion(frame: &Frame, before: &Frame) -> bool {
    frame.lineno == before.lineno
        && frame.colno == before.colno
        && frame.function == before.function
        && frame.filename == before.filename
        && frame.module == before.module
        && frame.abs_path == before.abs_path
        && frame.package == before.package
        && frame.other.get("instruction_addr") == before.other.get("instruction_addr")
}

/// Where a frame's file comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// The web: the path depends on the deployment.
    Url,
    /// No file at all.
    Nowhere,
    /// A file.
    File,
}

fn origin(frame: &Frame, family: Family) -> Origin {
    let path = frame.abs_path.as_deref().or(frame.filename.as_deref()).unwrap_or_default();
    if family.is_served(path) {
        return Origin::Url;
    }
    if matches!(path, "" | "<anonymous>" | "[native code]" | "native code") { Origin::Nowhere } else { Origin::File }
}

/// The file's name without its folders and without what differs from build to build, in lower case.
fn filename(frame: &Frame, family: Family, origin: Origin) -> Option<Cow<'_, str>> {
    if origin != Origin::File {
        return None;
    }
    let path = frame.filename.as_deref().filter(|name| !name.is_empty() && !name.starts_with('<'))?;
    let name = in_lower_case(family.file(bounded(name_of(path, family))));
    // A page is not a script: what is inline in it has its functions to go by, and the page's name only when it was
    // opened as a file.
    let is_page = family == Family::JavaScript && (name.ends_with(".html") || name.ends_with(".htm"));
    (!is_page && !name.is_empty()).then_some(name)
}

/// Where machine code without a function is: the image's name, and the offset in it if that is known.
fn place_in_image<'a>(frame: &'a Frame, images: &Images<'_>) -> Option<Cow<'a, str>> {
    let package = frame.package.as_deref().map(|path| in_lower_case(Cow::Borrowed(bounded(basename(path)))));
    match images.offset(frame) {
        Some(offset) => Some(Cow::Owned(format!("{} {offset}", package.unwrap_or_default()))),
        None => package,
    }
}

fn basename(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

fn in_lower_case(name: Cow<'_, str>) -> Cow<'_, str> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) { Cow::Owned(name.to_ascii_lowercase()) } else { name }
}

/// The source line with its white space as single spaces.
fn context(frame: &Frame) -> Option<Cow<'_, str>> {
    let line = frame.context_line.as_deref()?.trim();
    if line.is_empty() || line.len() > MAX_CONTEXT {
        return None;
    }
    let is_plain = !line.contains("  ") && !line.contains(|c: char| c.is_whitespace() && c != ' ');
    if is_plain {
        return Some(Cow::Borrowed(line));
    }
    Some(Cow::Owned(line.split_whitespace().collect::<Vec<_>>().join(" ")))
}
