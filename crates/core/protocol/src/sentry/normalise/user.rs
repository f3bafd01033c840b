//! Reads the user that the event happened to.

use std::net::IpAddr;

use serde_json::{Map, Value};

use super::Received;
use model::json::Problem;
use model::json::{Fields, text_of};

/// The value that SDKs send for "the address that this request comes from".
const AUTO: &str = "{{auto}}";
/// The keys of a user that have a meaning. All others are moved to `data`.
const KNOWN: [&str; 7] = ["id", "email", "username", "name", "ip_address", "geo", "data"];

/// Reads the user. Identifiers become strings.
pub(super) fn user(fields: &mut Fields<'_>) -> Map<String, Value> {
    let Some(mut user) = fields.object("user") else { return Map::new() };
    let at = fields.path();
    let path = at.key("user");
    user.retain(|_, value| !value.is_null());
    for key in ["id", "email", "username", "name", "ip_address"] {
        if let Some(value) = user.remove(key) {
            match text_of(value) {
                Ok(text) => drop(user.insert(key.to_owned(), text.into())),
                Err(value) => {
                    Problem::note(fields.problems(), || {
                        Problem::invalid(path.key(key).to_string(), value, "expected a string")
                    });
                }
            }
        }
    }
    if user.get("data").is_some_and(|data| !data.is_object()) {
        let data = user.remove("data").unwrap_or_default();
        // An empty list is an empty map of PHP.
        if data.as_array().is_none_or(|list| !list.is_empty()) {
            Problem::note(fields.problems(), || {
                Problem::invalid(path.key("data").to_string(), data, "expected an object")
            });
        }
    }
    let strange: Vec<_> = user.keys().filter(|key| !KNOWN.contains(&key.as_str())).cloned().collect();
    for key in strange {
        let value = user.remove(&key).unwrap_or_default();
        if let Value::Object(data) = user.entry("data").or_insert_with(|| Map::new().into()) {
            data.entry(key).or_insert(value);
        }
    }
    user
}

/// Sets the client's address where the SDK asks for it with `{{auto}}`, and in events of browsers and Apple devices
/// without an address, since these do not know it. As in Relay, the server's own `REMOTE_ADDR` takes precedence, and
/// `sdk.settings.infer_ip` decides if it is set.
pub(super) fn address(
    user: &mut Map<String, Value>,
    request: &mut Map<String, Value>,
    sdk: &Map<String, Value>,
    platform: &str,
    received: &Received,
    problems: &mut Vec<Problem>,
) {
    let client = received.client_ip.map(|ip| ip.to_string());
    let mut remote = None;
    if let Some(Value::Object(env)) = request.get_mut("env") {
        replace_auto(env, "REMOTE_ADDR", client.as_deref());
        remote = env.get("REMOTE_ADDR").and_then(Value::as_str).filter(|text| text.parse::<IpAddr>().is_ok());
    }
    replace_auto(user, "ip_address", client.as_deref());
    if let Some(Value::String(text)) = user.get("ip_address")
        && text.parse::<IpAddr>().is_err()
    {
        let value = user.remove("ip_address").unwrap_or_default();
        if value != "" {
            Problem::note(problems, || Problem::invalid("user.ip_address", value, "expected an IP address"));
        }
    }
    if user.contains_key("ip_address") {
        return;
    }
    let setting = sdk.get("settings").and_then(|settings| settings.get("infer_ip")).and_then(Value::as_str);
    let infer = match setting {
        Some("never") => return,
        Some("auto") => true,
        Some(_) | None => matches!(platform, "javascript" | "cocoa" | "objc"),
    };
    let client = client.as_deref().filter(|_| infer);
    if let Some(address) = remote.or(client) {
        user.insert("ip_address".to_owned(), address.into());
    }
}

fn replace_auto(map: &mut Map<String, Value>, key: &str, client: Option<&str>) {
    let is_auto = |text: &str| text.split_whitespace().collect::<String>().eq_ignore_ascii_case(AUTO);
    if map.get(key).and_then(Value::as_str).is_some_and(is_auto) {
        match client {
            Some(client) => drop(map.insert(key.to_owned(), client.into())),
            None => drop(map.remove(key)),
        }
    }
}
