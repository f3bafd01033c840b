//! JavaScript: the same error must be one error in every browser.

use std::borrow::Cow;

use crate::name::{is_number, without_digits_after};
use model::occurrence::Frame;

/// Names that browsers give to anonymous functions.
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
/// Locations without a meaning.
const NOWHERE: [&str; 4] = ["[native code]", "native code", "eval code", "<anonymous>"];
/// Words that some engines write before a name.
const PREFIXES: [&str; 6] = ["async ", "new ", "get ", "set ", "bound ", "static "];
/// Numbered functions that compilers generate.
const NUMBERED: [&str; 3] = ["_callee", "_loop_", "_loop"];
/// Code that compilers put around the application's code, depending on their settings.
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

/// Returns the name after the last point. Browsers do not agree on the part before it.
pub(super) fn function(name: &str) -> Option<Cow<'_, str>> {
    let name = bare(name);
    // `foo [as bar]` in V8: the first is the name in the source.
    let name = name.split(" [as ").next().unwrap_or(name);
    let name = match name.find("./") {
        // webpack names the function around a module after its file: `Object../src/cart.js`.
        Some(at) => name[at..].split('?').next().unwrap_or(name),
        // Firefox names an inner function `outer/inner`.
        None => name.rsplit(['.', '/']).next().unwrap_or(name),
    };
    // A number is an id of a webpack module, which differs between builds.
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

/// Returns the name without the reason for the call: Firefox writes it before a `*` (`async*load`,
/// `promise callback*load`, `setTimeout handler*load`), V8 and Safari write a word.
fn bare(name: &str) -> &str {
    let mut name = name.rsplit('*').next().unwrap_or(name).trim_start();
    while let Some(rest) = PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix)) {
        name = rest.trim_start();
    }
    name
}

/// Returns whether the module only repeats the path of the script or page. Both depend on the deployment.
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
        return Some("code of the JavaScript engine");
    }
    if LOOP.contains(&function) {
        return Some("code of the event loop");
    }
    let of_helper = |helper: &str| {
        path.split_once(helper)
            .is_some_and(|(before, after)| before.ends_with("node_modules/") && after.starts_with(['/', '.']))
    };
    let is_helper = path.contains("node_modules/") && HELPERS.iter().any(|helper| of_helper(helper));
    is_helper.then_some("a helper added by the compiler")
}
