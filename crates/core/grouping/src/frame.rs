//! The parts of a frame that contribute to the hash.

use std::borrow::Cow;

use super::image::Images;
use super::in_app::is_in_app;
use super::name::bounded;
use super::platform::{Family, name_of};
use model::occurrence::Frame;

/// Longer source lines, in bytes, are minified code.
const MAX_CONTEXT: usize = 120;

/// The key of a frame. It does not contain line numbers: otherwise every change further up in the file would make a new
/// error.
#[derive(Debug)]
pub(super) struct FrameKey<'a> {
    pub(super) module: Option<Cow<'a, str>>,
    pub(super) filename: Option<Cow<'a, str>>,
    pub(super) context: Option<Cow<'a, str>>,
    pub(super) function: Option<Cow<'a, str>>,
    /// Whether the frame is in-app: the application's own code.
    pub(super) in_app: bool,
    /// Why the frame does not contribute, or `None` if it does.
    pub(super) ignored: Option<&'static str>,
}

/// Returns the key of `frame`, which belongs to `family` and was called by `before`. `images` are those of the event.
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
        // Symbols say more than the source file, which is known in some builds only.
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
        // Minifiers rename functions. The source line is as the developer wrote it.
        key.function = None;
    }
    if key.ignored.is_none() && key.is_empty() {
        key.ignored = Some("it has no module, file, source line or function");
    }
    key
}

impl FrameKey<'_> {
    fn is_empty(&self) -> bool {
        self.module.is_none() && self.filename.is_none() && self.context.is_none() && self.function.is_none()
    }

    /// Writes the key for hashing. The marks keep values of different kinds apart.
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

/// Returns whether a frame and its caller are the same call of a recursive function.
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

/// The origin of a frame's file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// The web. The path depends on the deployment.
    Url,
    /// There is no file.
    Nowhere,
    /// A file of the application or a library.
    File,
}

fn origin(frame: &Frame, family: Family) -> Origin {
    let path = frame.abs_path.as_deref().or(frame.filename.as_deref()).unwrap_or_default();
    if family.is_served(path) {
        return Origin::Url;
    }
    if matches!(path, "" | "<anonymous>" | "[native code]" | "native code") { Origin::Nowhere } else { Origin::File }
}

/// Returns the file's name in lower case, without folders and without parts that change with each build.
fn filename(frame: &Frame, family: Family, origin: Origin) -> Option<Cow<'_, str>> {
    if origin != Origin::File {
        return None;
    }
    let path = frame.filename.as_deref().filter(|name| !name.is_empty() && !name.starts_with('<'))?;
    let name = in_lower_case(family.file(bounded(name_of(path, family))));
    // A page is not a script. An inline script is identified by its functions, and its frame has the page as the file
    // name only if the page was opened as a file.
    let is_page = family == Family::JavaScript && (name.ends_with(".html") || name.ends_with(".htm"));
    (!is_page && !name.is_empty()).then_some(name)
}

/// Returns the location of native code without a function: the name of the image, and the offset in it if it is known.
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

/// Returns the source line with all white space replaced by single spaces.
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
