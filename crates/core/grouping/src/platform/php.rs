//! PHP: anonymous classes and closures are named after their location in the source.

use std::borrow::Cow;

use crate::work::spend;

/// Returns the cleaned function, or `None` if its name has no meaning.
pub(super) fn function(name: &str) -> Option<Cow<'_, str>> {
    if name.starts_with("[Anonymous") {
        return None;
    }
    let name = class(name);
    Some(if name.contains("{closure:") { Cow::Owned(closures(&name)) } else { name })
}

/// Cleans a name that may contain an anonymous class. PHP names these `Parent@anonymous`, a NUL, the file, the line,
/// and a number (`class@anonymous\0/srv/a.php:12$0`). The location depends on the deployment and is removed. A method
/// after `::` stays.
pub(super) fn class(name: &str) -> Cow<'_, str> {
    const MARK: &str = "@anonymous";
    let Some(at) = name.find(MARK) else { return Cow::Borrowed(name) };
    let (before, place) = name.split_at(at + MARK.len());
    // A Windows path contains a single colon, never two.
    match place.rfind("::") {
        Some(method) => Cow::Owned(format!("{before}{}", &place[method..])),
        None => Cow::Borrowed(before),
    }
}

/// Removes the line from `{closure:App\Job::save():12}` (PHP 8.4), and from `{closure:/srv/releases/7/routes.php:12}`
/// the folders as well. Closures can be nested: `{closure:{closure:App\Job::save():12}:15}`.
fn closures(name: &str) -> String {
    spend(name.len());
    let mut out = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(at) = rest.find('}') {
        let (inner, after) = rest.split_at(at);
        let line = inner.trim_end_matches(|digit: char| digit.is_ascii_digit());
        let inner = if line.len() < inner.len() { line.strip_suffix(':').unwrap_or(inner) } else { inner };
        match inner.rfind("{closure:") {
            Some(mark) => {
                let (head, place) = inner.split_at(mark + "{closure:".len());
                out.push_str(head);
                let is_file = place.contains(['/', '\\']) && !place.ends_with(')');
                out.push_str(if is_file { place.rsplit(['/', '\\']).next().unwrap_or(place) } else { place });
            }
            None => out.push_str(inner),
        }
        out.push('}');
        rest = &after[1..];
    }
    out.push_str(rest);
    out
}

/// Returns the cleaned name of a file. Evaluated code has the line of its evaluation, which is removed:
/// `cart.php(12) : eval()'d code`. Compiled templates have a hash of their path as the name.
pub(super) fn file(name: &str) -> Cow<'_, str> {
    if let Some((before, after)) = name.split_once('(')
        && let Some((line, after)) = after.split_once(')')
        && after.contains("eval()'d code")
        && line.bytes().all(|digit| digit.is_ascii_digit())
    {
        return Cow::Owned(format!("{before} : eval()'d code"));
    }
    let stem = name.split('.').next().unwrap_or(name);
    let is_hash = stem.len() >= 32 && stem.bytes().all(|digit| digit.is_ascii_hexdigit());
    if is_hash { Cow::Owned(format!("<hash>{}", &name[stem.len()..])) } else { Cow::Borrowed(name) }
}
