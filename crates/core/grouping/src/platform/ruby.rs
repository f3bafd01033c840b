//! Ruby: names of blocks and templates contain numbers.

use std::borrow::Cow;

use crate::name::is_number;

/// Cleans a method, or a block in one: `block (2 levels) in total` becomes `block in total`.
pub(super) fn function(name: &str) -> Cow<'_, str> {
    if let Some(rest) = name.strip_prefix("block ")
        && let Some((levels, method)) = rest.split_once("in ")
        && (levels.is_empty() || levels.starts_with('('))
    {
        let method = method_name(method);
        let plain = levels.is_empty() && name.len() == "block in ".len() + method.len();
        return if plain { Cow::Borrowed(name) } else { Cow::Owned(format!("block in {method}")) };
    }
    Cow::Borrowed(method_name(name))
}

/// Removes the numbers at the end of a template's method: `_app_views_users_show_html_erb___1234567890_70123`. A
/// negative number has another underscore.
fn method_name(name: &str) -> &str {
    let mut parts = name.rsplitn(3, '_');
    if parts.next().is_some_and(is_number)
        && parts.next().is_some_and(is_number)
        && let Some(rest) = parts.next().filter(|rest| rest.ends_with('_'))
    {
        return rest.trim_end_matches('_');
    }
    name
}
