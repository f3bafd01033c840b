//! Attributes that are a single word or line.

use serde_json::Value;

use super::{Received, values};
use model::id::EventId;
use model::json::Problem;
use model::json::{Fields, list_of, text_of};
use model::occurrence::Level;

/// The platforms that the protocol defines.
const PLATFORMS: [&str; 22] = [
    "as3",
    "c",
    "cfml",
    "cocoa",
    "csharp",
    "dart",
    "elixir",
    "go",
    "groovy",
    "haskell",
    "java",
    "javascript",
    "native",
    "node",
    "objc",
    "other",
    "perl",
    "php",
    "powershell",
    "python",
    "ruby",
    "rust",
];
/// The most entries of a fingerprint. Applications use only a few.
const MAX_FINGERPRINT: usize = 100;
/// The longest release, in characters.
const MAX_RELEASE: usize = 250;
/// The longest environment, in characters.
const MAX_ENVIRONMENT: usize = 64;

/// Removes the event id from the payload, since it is already known. A different id is kept; an invalid one is
/// reported.
pub(super) fn event_id(fields: &mut Fields<'_>, received: &Received) {
    match fields.value("event_id") {
        None => {}
        Some(Value::String(text)) => match EventId::parse(&text) {
            Ok(id) if id == received.event_id => {}
            Ok(_) => fields.keep("event_id", text.into()),
            Err(_) => fields.problem("event_id", text.into(), "expected 32 hexadecimal digits"),
        },
        Some(other) => fields.problem("event_id", other, "expected 32 hexadecimal digits"),
    }
}

/// Reads the level, a word or a number.
pub(super) fn level(fields: &mut Fields<'_>) -> Level {
    let Some(value) = fields.value("level") else { return Level::Error };
    let level = match &value {
        Value::String(word) => Level::of_client(word),
        Value::Number(number) => Level::of_client(&number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    level.unwrap_or_else(|| {
        fields.problem("level", value, "expected fatal, error, warning, info or debug");
        Level::Error
    })
}

/// Reads the platform. If the protocol does not define it, returns `other` and keeps the client's value.
pub(super) fn platform(fields: &mut Fields<'_>) -> String {
    let Some(platform) = fields.text("platform") else { return "other".to_owned() };
    if PLATFORMS.contains(&platform.as_str()) {
        return platform;
    }
    fields.keep("platform", platform.into());
    "other".to_owned()
}

/// Reads a line of text without surrounding white space. `None` if it is empty.
pub(super) fn name(fields: &mut Fields<'_>, key: &str) -> Option<String> {
    let text = fields.text(key)?;
    let trimmed = text.trim();
    if trimmed.len() == text.len() { Some(text) } else { Some(trimmed.to_owned()) }.filter(|text| !text.is_empty())
}

/// Reads the release. As in Sentry, it must not contain a path, or be a name that changes its meaning, such as
/// `latest`.
pub(super) fn release(fields: &mut Fields<'_>) -> Option<String> {
    let release = name(fields, "release")?;
    let moving = matches!(release.as_str(), "." | "..") || release.eq_ignore_ascii_case("latest");
    if moving || release.contains(['/', '\\', '\n', '\r', '\t']) || release.chars().count() > MAX_RELEASE {
        fields.problem("release", release.into(), "expected at most 250 characters, no `/`, and not `latest`");
        return None;
    }
    Some(release)
}

/// Reads the build, which has no meaning without a release.
pub(super) fn dist(fields: &mut Fields<'_>, has_release: bool) -> Option<String> {
    let dist = name(fields, "dist")?;
    if !has_release {
        fields.problem("dist", dist.into(), "expected a `release`, too");
        return None;
    }
    Some(dist)
}

/// Reads the environment. If there is none, `derive` uses the tag of that name.
pub(super) fn environment(fields: &mut Fields<'_>) -> Option<String> {
    let environment = name(fields, "environment")?;
    if !is_environment(&environment) {
        fields.problem("environment", environment.into(), "expected at most 64 characters, no `/`, and not `none`");
        return None;
    }
    Some(environment)
}

/// Returns whether Sentry accepts this as the name of an environment.
pub(super) fn is_environment(name: &str) -> bool {
    !name.is_empty()
        && name != "none"
        && !name.contains(['/', '\n', '\r', '\u{c}'])
        && name.chars().count() <= MAX_ENVIRONMENT
}

/// Reads the fingerprint that the client sets for grouping: a list, or a single text.
///
/// Each entry is explained when the occurrence is shown, so their number is limited.
pub(super) fn fingerprint(fields: &mut Fields<'_>) -> Vec<String> {
    let mut list = match fields.value("fingerprint").map(list_of) {
        None => return Vec::new(),
        Some(Ok(list)) => list,
        Some(Err(text @ (Value::String(_) | Value::Number(_)))) => vec![text],
        Some(Err(other)) => {
            fields.problem("fingerprint", other, "expected a list of strings");
            return Vec::new();
        }
    };
    let at = fields.path();
    let path = at.key("fingerprint");
    values::cut(&mut list, MAX_FINGERPRINT, 0, path, fields.problems());
    list.into_iter()
        .enumerate()
        .filter_map(|(index, entry)| match entry {
            Value::Null => None,
            Value::Bool(true) => Some("True".to_owned()),
            Value::Bool(false) => Some("False".to_owned()),
            entry => text_of(entry)
                .map_err(|entry| {
                    Problem::note(fields.problems(), || {
                        Problem::invalid(path.index(index).to_string(), entry, "expected a string")
                    });
                })
                .ok(),
        })
        .collect()
}

/// Reads the problems that the client, or a Relay in between, reported itself.
pub(super) fn errors(fields: &mut Fields<'_>) -> Vec<Problem> {
    let Some(list) = fields.list("errors") else { return Vec::new() };
    let (mut problems, mut strange) = (Vec::new(), Vec::new());
    for entry in list {
        let known = entry.as_object().is_some_and(|entry| {
            problems.len() < Problem::MAX
                && entry.get("type").is_some_and(Value::is_string)
                && entry.iter().all(|(key, value)| match key.as_str() {
                    "type" | "name" | "reason" => value.is_string(),
                    "value" => true,
                    _ => false,
                })
        });
        match (known, entry) {
            (_, Value::Null) => {}
            (true, Value::Object(mut entry)) => {
                let mut text = |key: &str| entry.remove(key).and_then(|text| text_of(text).ok()).unwrap_or_default();
                let (kind, name, reason) = (text("type"), text("name"), text("reason"));
                let value = entry.remove("value").unwrap_or_default();
                problems.push(Problem { kind, name, value, reason });
            }
            (_, entry) => strange.push(entry),
        }
    }
    if !strange.is_empty() {
        fields.keep("errors", strange.into());
    }
    problems
}
