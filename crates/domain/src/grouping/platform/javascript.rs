//! JavaScript: the same error must be one in every browser.

use crate::occurrence::Frame;

/// Names that browsers give to functions without one.
const ANONYMOUS: [&str; 5] = ["?", "<anonymous>", "<anonymous function>", "Anonymous function", "anonymous"];
/// Places that are none.
const NOWHERE: [&str; 4] = ["[native code]", "native code", "eval code", "<anonymous>"];
/// Code that compilers put around the application's: it comes and goes with their settings.
const HELPERS: [&str; 7] = [
    "@babel/runtime",
    "babel-runtime",
    "core-js",
    "regenerator-runtime",
    "regenerator-transform",
    "tslib",
    "@swc/helpers",
];
/// Functions of the event loop.
const LOOP: [&str; 4] =
    ["processTicksAndRejections", "process.processTicksAndRejections", "runMicrotasks", "process._tickCallback"];

/// The name behind the last point: browsers do not agree on what is before it.
pub(super) fn function(name: &str) -> Option<&str> {
    let name = name.strip_prefix("async ").unwrap_or(name);
    let name = name.strip_prefix("new ").unwrap_or(name);
    // `foo [as bar]` of V8: the name in the source.
    let name = name.split(" [as ").next().unwrap_or(name);
    let name = name.rsplit('.').next().unwrap_or(name);
    let says_nothing = name.is_empty() || ANONYMOUS.contains(&name) || name.ends_with("/<") || name.ends_with('<');
    (!says_nothing).then_some(name)
}

/// Whether the module is only the script's path, or the page's, once more. Both depend on the deployment.
pub(super) fn is_path(module: &str, frame: &Frame) -> bool {
    let Some(path) = frame.abs_path.as_deref() else { return false };
    let page = path.strip_suffix(".html").or_else(|| path.strip_suffix(".htm"));
    (module.contains('/') && path.ends_with(module)) || page.is_some_and(|page| page.ends_with(module))
}

pub(super) fn ignored(frame: &Frame) -> Option<&'static str> {
    let function = frame.function.as_deref().unwrap_or_default();
    let path = frame.abs_path.as_deref().or(frame.filename.as_deref()).unwrap_or_default();
    if function == "eval" || NOWHERE.contains(&path) {
        return Some("code of the engine itself");
    }
    if LOOP.contains(&function) {
        return Some("the event loop");
    }
    let of_helper = |helper: &str| {
        path.split_once(helper)
            .is_some_and(|(before, after)| before.ends_with("node_modules/") && after.starts_with(['/', '.']))
    };
    let is_helper = path.contains("node_modules/") && HELPERS.iter().any(|helper| of_helper(helper));
    is_helper.then_some("a helper of the compiler")
}
