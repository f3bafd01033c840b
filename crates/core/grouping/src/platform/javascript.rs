//! JavaScript: the same error must be one in every browser.

use std::borrow::Cow;

use crate::name::{is_number, without_digits_after};
use model::occurrence::Frame;

/// Names that browsers give to functions without one.
const ANONYMOUS: [&str; 8] = [
    "?",
    "<anonymous>",
    "<anonymous function>",
    "Anonymous function",
    "anonymous",
    "global code",
    "module code",
    "(anonymous)",
];
/// Places that are none.
const NOWHERE: [&str; 4] = ["[native code]", "native code", "eval code", "<anonymous>"];
/// Words that some engines write before a name.
const PREFIXES: [&str; 6] = ["async ", "new ", "get ", "set ", "bound ", "static "];
/// Functions that compilers make and number.
const NUMBERED: [&str; 3] = ["_callee", "_loop_", "_loop"];
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

/// The name after the last point: browsers do not agree on what is before it.
pub(super) fn function(name: &str) -> Option<Cow<'_, str>> {
    let name = bare(name);
    // `foo [as bar]` of V8: the name in the source.
    let name = name.split(" [as ").next().unwrap_or(name);
    let name = match name.find("./") {
        // The function that webpack puts around a module is named after its file: `Object../src/cart.js`.
        Some(at) => name[at..].split('?').next().unwrap_or(name),
        // Firefox names an inner function `outer/inner`.
        None => name.rsplit(['.', '/']).next().unwrap_or(name),
    };
    // A number is webpack's id of a module, which differs from build to build.
    let says_nothing = name.is_empty()
        || ANONYMOUS.contains(&name)
        || name.ends_with('<')
        || name.starts_with("?anon_")
        || name.starts_with("minified:")
        || is_number(name);
    if says_nothing {
        return None;
    }
    let generated = NUMBERED.iter().find(|mark| {
        let number = name.strip_prefix(**mark).map(|rest| rest.trim_end_matches('$'));
        number.is_some_and(is_number)
    });
    Some(generated.map_or(Cow::Borrowed(name), |mark| without_digits_after(Cow::Borrowed(name), mark)))
}

/// The name without what says how it was called: Firefox puts the cause before a `*` (`async*load`,
/// `promise callback*load`, `setTimeout handler*load`), V8 and Safari a word.
fn bare(name: &str) -> &str {
    let mut name = name.rsplit('*').next().unwrap_or(name).trim_start();
    while let Some(rest) = PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix)) {
        name = rest.trim_start();
    }
    name
}

/// Whether the module is only the script's path, or the page's, once more. Both depend on the deployment.
pub(super) fn is_path(module: &str, frame: &Frame) -> bool {
    let Some(path) = frame.abs_path.as_deref() else { return false };
    let page = path.strip_suffix(".html").or_else(|| path.strip_suffix(".htm"));
    (module.contains('/') && path.ends_with(module)) || page.is_some_and(|page| page.ends_with(module))
}

pub(super) fn ignored(frame: &Frame) -> Option<&'static str> {
    let function = bare(frame.function.as_deref().unwrap_or_default());
    let path = frame.abs_path.as_deref().or(frame.filename.as_deref()).unwrap_or_default();
    // V8: `at async Promise.all (index 0)`.
    let is_combinator = path.strip_prefix("index ").is_some_and(is_number);
    if function == "eval" || NOWHERE.contains(&path) || is_combinator {
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
