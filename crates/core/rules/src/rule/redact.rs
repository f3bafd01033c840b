use serde_json::{Map, Value};

use super::Rules;
use super::parse::ids;
use crate::secret::SEALED;

/// The keys of secrets, wherever they occur.
const SECRETS: [&str; 8] =
    ["userToken", "personalAccessToken", "secret", "signingSecret", "authorization", "routingKey", "apiKey", "token"];
/// This is a secret too, except where it is only the address of a server.
const ENDPOINT: &str = "endpoint";
/// The keys that decide where a secret is sent. Another server or repository must not get it.
const WHERE: [&str; 4] = ["type", ENDPOINT, "owner", "repo"];
/// The body that a webhook gets. Its keys are those of another service, and everybody who may read the rules sees it.
const TEMPLATE: &str = "template";
/// The targets whose endpoint is the address of a server.
const WITH_SERVER: [&str; 4] = ["github", "gitlab", "pagerduty", "opsgenie"];

impl Rules {
    /// Returns the document (or a part of one) with [`SEALED`] in place of every secret.
    pub fn redacted(document: &Value) -> Value {
        match document {
            Value::Object(map) => {
                let entry = |(key, value): (&String, &Value)| match is_secret(map, key) && !value.is_null() {
                    true => (key.clone(), Value::String(SEALED.to_owned())),
                    false if key == TEMPLATE => (key.clone(), value.clone()),
                    false => (key.clone(), Self::redacted(value)),
                };
                Value::Object(map.iter().map(entry).collect())
            }
            Value::Array(list) => Value::Array(list.iter().map(Self::redacted).collect()),
            other => other.clone(),
        }
    }

    /// Replaces [`SEALED`] in a new document by the secrets of the stored document `old`.
    ///
    /// A rule is recognised by its id. Its target is the stored target that looks the same when redacted. If the target
    /// was changed, it is the stored target at the same position, provided that it has the same type, that no target
    /// was added or removed, and that a tracker's token stays with its server and repository. If it is not clear which
    /// secret is meant, [`SEALED`] stays, and [`parse`](Self::parse) refuses it.
    pub fn with_secrets_of(document: &mut Value, old: &Value) {
        let (new_ids, old_ids) = (ids(document), ids(old));
        let old_rules = list(old, "rules");
        let new_rules = document.get_mut("rules").and_then(Value::as_array_mut);
        for (rule, id) in new_rules.into_iter().flatten().zip(new_ids) {
            let Some(old) = old_ids.iter().position(|old| *old == id).and_then(|index| old_rules.get(index)) else {
                continue;
            };
            if let Some(targets) = rule.get_mut("to").and_then(Value::as_array_mut) {
                restore_targets(targets, list(old, "to"));
            }
        }
        for service in ["github", "gitlab", "slack"] {
            let old = old.get("hooks").and_then(|hooks| hooks.get(service)).and_then(Value::as_object);
            let hook =
                document.get_mut("hooks").and_then(|hooks| hooks.get_mut(service)).and_then(Value::as_object_mut);
            if let (Some(hook), Some(old)) = (hook, old) {
                restore(hook, old);
            }
        }
    }
}

fn is_secret(object: &Map<String, Value>, key: &str) -> bool {
    let has_server = || object.get("type").and_then(Value::as_str).is_some_and(|kind| WITH_SERVER.contains(&kind));
    SECRETS.contains(&key) || (key == ENDPOINT && !has_server())
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn restore_targets(targets: &mut [Value], old: &[Value]) {
    let shown: Vec<_> = old.iter().map(Rules::redacted).collect();
    let same_length = targets.len() == old.len();
    // The targets as they were sent. A target with another address is a different one, and its secret was not asked
    // for.
    let new = targets.to_vec();
    for (index, target) in targets.iter_mut().enumerate() {
        let alike: Vec<_> = (0..old.len()).filter(|&other| shown[other] == new[index]).collect();
        let stored = match alike.as_slice() {
            [] => {
                (same_length && !new.contains(&shown[index]) && is_changed(&new[index], &shown[index])).then_some(index)
            }
            [only] => Some(*only),
            _ if same_length && alike.contains(&index) => Some(index),
            [first, others @ ..] => others.iter().all(|&other| old[other] == old[*first]).then_some(*first),
        };
        if let (Value::Object(target), Some(Value::Object(stored))) = (target, stored.map(|stored| &old[stored])) {
            restore(target, stored);
        }
    }
}

/// Whether `new` can be `old` after a change that leaves its secrets where they belong.
fn is_changed(new: &Value, old: &Value) -> bool {
    WHERE.iter().all(|key| new.get(key) == old.get(key))
}

fn restore(object: &mut Map<String, Value>, old: &Map<String, Value>) {
    let keys: Vec<_> = object.keys().filter(|key| is_secret(object, key)).cloned().collect();
    for key in keys {
        if let (Some(value), Some(secret)) = (object.get_mut(&key), old.get(&key))
            && value.as_str() == Some(SEALED)
        {
            *value = secret.clone();
        }
    }
}
