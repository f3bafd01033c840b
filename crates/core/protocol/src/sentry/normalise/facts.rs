//! The attributes that are one word or a line.

use serde_json::Value;

use super::{Received, values};
use model::id::EventId;
use model::json::Problem;
use model::json::{Fields, list_of, text_of};
use model::occurrence::Level;

/// The platforms of the protocol.
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
/// The most entries of a fingerprint; those of applications have a handful.
const MAX_FINGERPRINT: usize = 100;
/// The longest release, in characters.
const MAX_RELEASE: usize = 250;
/// The longest environment, in characters.
const MAX_ENVIRONMENT: usize = 64;

/// The payload's own id is taken out; it is known already. One that differs is kept, one that is none is written down.
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

/// The level, by a word or a number.
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

/// The platform; `other` if the protocol does not know it, with the client's word kept.
pub(super) fn platform(fields: &mut Fields<'_>) -> String {
    let Some(platform) = fields.text("platform") else { return "other".to_owned() };
    if PLATFORMS.contains(&platform.as_str()) {
        return platform;
    }
    fields.keep("platform", platform.into());
    "other".to_owned()
}

/// A line of text without white space around it; absent if empty.
pub(super) fn name(fields: &mut Fields<'_>, key: &str) -> Option<String> {
    let text = fields.text(key)?;
    let trimmed = text.trim();
    if trimmed.len() == text.len() { Some(text) } else { Some(trimmed.to_owned()) }.filter(|text| !text.is_empty())
}

/// The release. Sentry's rule: no path, and not a word that means a moving target.
pub(super) fn release(fields: &mut Fields<'_>) -> Option<String> {
    let release = name(fields, "release")?;
    let moving = matches!(release.as_str(), "." | "..") || release.eq_ignore_ascii_case("latest");
    if moving || release.contains(['/', '\\', '\n', '\r', '\t']) || release.chars().count() > MAX_RELEASE {
        fields.problem("release", release.into(), "expected at most 250 characters, no `/`, and not `latest`");
        return None;
    }
    Some(release)
}

/// The build, which means nothing without a release.
pub(super) fn dist(fields: &mut Fields<'_>, has_release: bool) -> Option<String> {
    let dist = name(fields, "dist")?;
    if !has_release {
        fields.problem("dist", dist.into(), "expected a release too");
        return None;
    }
    Some(dist)
}

/// The environment. Where there is none a tag of that name stands in, see `derive`.
pub(super) fn environment(fields: &mut Fields<'_>) -> Option<String> {
    let environment = name(fields, "environment")?;
    if !is_environment(&environment) {
        fields.problem("environment", environment.into(), "expected at most 64 characters, no `/`, and not `none`");
        return None;
    }
    Some(environment)
}

/// Whether Sentry takes it for the name of an environment.
pub(super) fn is_environment(name: &str) -> bool {
    !name.is_empty()
        && name != "none"
        && !name.contains(['/', '\n', '\r', '\u{c}'])
        && name.chars().count() <= MAX_ENVIRONMENT
}

/// What the client wants it to be grouped by. One text is as good as a list of one.
///
/// Each entry is explained in the answer that shows the occurrence, so their number is bounded.
pub(super) fn fingerprint(fields: &mut Fields<'_>) -> Vec<String> {
    let mut list = match fields.value("fingerprint").map(list_of) {
        None => return Vec::new(),
        Some(Ok(list)) => list,
        Some(Err(text @ (Value::String(_) | Value::Number(_)))) => vec![text],
        Some(Err(other)) => {
            fields.problem("fingerprint", other, "expected a list of texts");
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
                        Problem::invalid(path.index(index).to_string(), entry, "expected a text")
                    });
                })
                .ok(),
        })
        .collect()
}

/// The problems that the client, or a Relay before us, wrote down itself.
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
