//! PHP, Ruby and .NET.

use std::borrow::Cow;

/// Anonymous classes carry the path of their file: only the method counts.
pub(super) fn php(name: &str) -> Option<&str> {
    if name.starts_with("[Anonymous") {
        return None;
    }
    if let Some(rest) = name.strip_prefix("class@anonymous") {
        return rest.rsplit_once("::").map(|(_, method)| method).filter(|method| !method.is_empty());
    }
    // `App\Job::{closure}` of PHP 8.4 names the line: `{closure:App\Job::run():12}`.
    if let Some((before, _)) = name.split_once("{closure") {
        return Some(if before.is_empty() { "{closure}" } else { before });
    }
    Some(name)
}

/// `block in call` and `block (2 levels) in call` are the same place; templates end in numbers of their own.
pub(super) fn ruby(name: &str) -> Cow<'_, str> {
    if name == "block" || name.starts_with("block ") {
        return Cow::Borrowed("block");
    }
    // `_app_views_users_show_html_erb___1234567890_70123`, negative ones with one more underscore.
    let mut parts = name.rsplitn(3, '_');
    let is_number = |part: Option<&str>| {
        part.is_some_and(|part| !part.is_empty() && part.bytes().all(|digit| digit.is_ascii_digit()))
    };
    if is_number(parts.next())
        && is_number(parts.next())
        && let Some(rest) = parts.next().filter(|rest| rest.ends_with('_'))
    {
        return Cow::Borrowed(rest.trim_end_matches('_'));
    }
    Cow::Borrowed(name)
}

/// Without the arguments, which Mono and .NET write in different ways.
pub(super) fn csharp(name: &str) -> &str {
    let name = name.trim();
    let name = name.split(" (").next().unwrap_or(name);
    name.split_once('(').map_or(name, |(before, _)| if before.is_empty() { name } else { before }).trim_end()
}
