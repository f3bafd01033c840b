//! v1's notification configs, which clients post with an error. Each of them is a rule of its own, with v1's meaning,
//! for the occurrences that it came with.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;

use super::document::Object;
use super::rule::{Policy, Threshold, rule_link_template, rule_timezone};
use super::{Rule, Target};
use model::outcome::{Reason, Refusal};
use model::project::PostedConfigs;

/// Maximum number of configs in a post, maximum size of each in bytes of JSON (KMS encrypts no more at once), and of
/// all together (each different post is an item in the table).
const MAX_CONFIGS: usize = 10;
const MAX_CONFIG_BYTES: usize = 4_096;
const MAX_POST_BYTES: usize = 12_288;
/// Maximum size of a ciphertext that KMS decrypts, in bytes.
const MAX_CIPHERTEXT_BYTES: usize = 6_144;

/// The key in a sealed config with the name of the project that it was sealed for. No other project can use the config.
pub const PROJECT: &str = "project";

/// A config as it was posted.
#[derive(Clone, PartialEq, Eq)]
pub enum PostedConfig {
    /// A valid config in clear text. It must be sealed before it is stored anywhere.
    Plain(Value),
    /// A ciphertext from `POST /encrypt` or `aws kms encrypt`, in base64.
    Sealed(String),
}

impl PostedConfig {
    /// Whether a project with this setting uses the config.
    pub fn is_allowed(&self, which: PostedConfigs) -> bool {
        match which {
            PostedConfigs::Any => true,
            PostedConfigs::Sealed => matches!(self, Self::Sealed(_)),
            PostedConfigs::Off => false,
        }
    }

    /// The size that is stored, in bytes.
    fn size(&self) -> usize {
        match self {
            Self::Plain(config) => config.to_string().len(),
            Self::Sealed(text) => text.len(),
        }
    }
}

impl std::fmt::Debug for PostedConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Plain(_) => "Plain([Filtered])",
            Self::Sealed(_) => "Sealed(_)",
        })
    }
}

/// Reads the configs of a post from its `notifications`: at most ten, of 4 KiB each and 12 KiB together. `null` means
/// none. A config with a mistake is refused with a reason, and the others are kept. Keys that no config has are
/// dropped.
pub fn parse(notifications: Value) -> (Vec<PostedConfig>, Vec<Refusal>) {
    let mut posted = Vec::new();
    let mut refused = Vec::new();
    let configs = match notifications {
        Value::Null => Vec::new(),
        Value::Array(configs) => configs,
        _ => {
            let message = "`notifications` is not a list: send a list of configs, or leave it out";
            refused.push(Refusal::new(Reason::ItemInvalid, message).at(["notifications"]));
            Vec::new()
        }
    };
    if configs.len() > MAX_CONFIGS {
        let message = format!("there are {} notifications: only the first {MAX_CONFIGS} are used", configs.len());
        refused.push(Refusal::new(Reason::ItemInvalid, message).at(["notifications"]));
    }
    for (index, config) in configs.into_iter().take(MAX_CONFIGS).enumerate() {
        match config {
            Value::Null => {}
            Value::String(text) => match check_ciphertext(&text) {
                Ok(text) => posted.push((index, PostedConfig::Sealed(text))),
                Err(message) => refused.push(refusal(Reason::ItemInvalid, index, message.to_owned())),
            },
            config if config.to_string().len() > MAX_CONFIG_BYTES => {
                let message = format!("a config has more than {MAX_CONFIG_BYTES} bytes of JSON: shorten it");
                refused.push(refusal(Reason::ItemTooLarge, index, message));
            }
            config => match rule(&config, index) {
                Ok(_) => posted.push((index, PostedConfig::Plain(only_known(&config)))),
                Err(refusal) => refused.push(refusal),
            },
        }
    }
    let mut size = 0;
    let mut fits = |config: &PostedConfig| {
        size += config.size();
        size <= MAX_POST_BYTES
    };
    let mut taken = Vec::new();
    let mut is_full = false;
    for (index, config) in posted {
        is_full = is_full || !fits(&config);
        match is_full {
            false => taken.push(config),
            true => {
                let message = format!(
                    "the notifications have more than {MAX_POST_BYTES} bytes together: send fewer, or shorter ones"
                );
                refused.push(refusal(Reason::ItemTooLarge, index, message));
            }
        }
    }
    (taken, refused)
}

/// The keys that configs of all types have, and the keys of each type. All others are dropped.
const COMMON_KEYS: [&str; 6] = ["type", "notifyInterval", "threshold", "timezone", "linkTemplate", "linkExpires"];
const SLACK_KEYS: [&str; 7] = ["endpoint", "channel", "username", "iconEmoji", "iconUrl", "icon_emoji", "icon_url"];
const GITHUB_KEYS: [&str; 7] = ["userToken", "owner", "repo", "endpoint", "labels", "if_exist", "ifExist"];
const GITLAB_KEYS: [&str; 7] = ["personalAccessToken", "owner", "repo", "endpoint", "labels", "if_exist", "ifExist"];

/// Removes keys without a meaning from a valid config. So only what is used is stored, and nothing else can be.
pub fn only_known(config: &Value) -> Value {
    let own = match config.get("type").and_then(Value::as_str) {
        Some("slack") => &SLACK_KEYS,
        Some("github") => &GITHUB_KEYS,
        Some("gitlab") => &GITLAB_KEYS,
        _ => return config.clone(),
    };
    let Value::Object(map) = config else { return config.clone() };
    let is_known = |key: &str| COMMON_KEYS.contains(&key) || own.contains(&key);
    let kept = map.iter().filter(|(key, value)| is_known(key) && !value.is_null());
    Value::Object(kept.map(|(key, value)| (key.clone(), value.clone())).collect())
}

fn refusal(reason: Reason, index: usize, message: String) -> Refusal {
    Refusal { path: path(index), ..Refusal::new(reason, message) }
}

fn path(index: usize) -> Vec<String> {
    vec!["notifications".to_owned(), index.to_string()]
}

fn check_ciphertext(text: &str) -> Result<String, &'static str> {
    let text: String = text.split_ascii_whitespace().collect();
    match BASE64.decode(&text) {
        Ok(bytes) if bytes.is_empty() => Err("a config is empty: send what `POST /encrypt` returned"),
        Ok(bytes) if bytes.len() > MAX_CIPHERTEXT_BYTES => {
            Err("a config is too long to be a ciphertext of KMS: send what `POST /encrypt` returned")
        }
        Ok(_) => Ok(text),
        Err(_) => Err("a config is a string that is not base64: send what `POST /encrypt` returned, or an object"),
    }
}

/// Reads a config, which is at position `index` of its post, as a rule. Keys that v1 does not know are ignored, as in
/// v1. Numbers may be texts. `null` counts as absent; so does an empty text, where a value is optional.
///
/// The rule reports the first occurrence of an error, whatever the threshold. After that, it reports nothing if
/// `threshold` is negative. Otherwise it reports each time the count in a unit of time is at least `threshold` (1 if
/// absent) and a multiple of `notifyInterval` (1 if absent, or less than 1). Only v1's three types are allowed: a
/// client key must not be enough to send emails.
pub fn rule(config: &Value, index: usize) -> Result<Rule, Refusal> {
    let cleaned = without_empty(config);
    let object = Object::of(&cleaned, path(index), Reason::ItemInvalid)?;
    let types = "slack, github or gitlab";
    let kind = object.needed("type", MAX_CONFIG_BYTES, types)?;
    let target = Target::v1(kind, &object)?;
    let target = target.ok_or_else(|| object.refusal("type", format!("`type` is not known: use {types}")))?;
    let interval = number(&object, "notifyInterval")?.filter(|interval| *interval >= 1.0).unwrap_or(1.0);
    let threshold = number(&object, "threshold")?.unwrap_or(1.0);
    // Casts saturate at the largest number.
    let threshold = (threshold >= 0.0)
        .then_some(Threshold { count: (threshold.ceil() as u64).max(1), interval: Some(interval as u64) });
    Ok(Rule {
        id: format!("posted-{index}"),
        name: format!("posted {kind} config"),
        to: vec![target],
        timezone: rule_timezone(&object)?,
        link_template: rule_link_template(&object, false)?,
        max_per_minute: None,
        policy: Policy::V1 { threshold },
        filter: Default::default(),
        quiet: None,
    })
}

fn without_empty(config: &Value) -> Value {
    match config {
        Value::Object(map) => {
            let kept = map.iter().filter(|(_, value)| value.as_str() != Some(""));
            Value::Object(kept.map(|(key, value)| (key.clone(), value.clone())).collect())
        }
        other => other.clone(),
    }
}

fn number(object: &Object<'_>, key: &str) -> Result<Option<f64>, Refusal> {
    let number = match object.value(key) {
        None => return Ok(None),
        Some(Value::Number(number)) => number.as_f64(),
        Some(Value::String(text)) => text.trim().parse().ok(),
        Some(_) => None,
    };
    let number = number.filter(|number: &f64| number.is_finite());
    number.map(Some).ok_or_else(|| object.refusal(key, format!("`{key}` is not a number: send one, or leave it out")))
}

#[cfg(test)]
mod tests;
