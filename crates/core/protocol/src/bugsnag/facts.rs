//! The application, the device, the user and the request.

use std::net::IpAddr;

use serde_json::{Map, Value, json};

use crate::translate::{SentryEvent, Take};

pub(super) fn put_app(event: &mut SentryEvent, mut app: Map<String, Value>, stage: Option<String>) {
    event.put("release", app.take_text("version").unwrap_or_default());
    event.put("environment", app.take_text("releaseStage").or(stage).unwrap_or_default());
    event.put("dist", app.take_text("codeBundleId").unwrap_or_default());
    event.context("app", app);
}

/// Translates `device`. Returns the time of the event and the `User-Agent` of the page, if they are in it.
pub(super) fn put_device(
    event: &mut SentryEvent,
    mut device: Map<String, Value>,
    platform: &str,
) -> (Option<Value>, Option<String>) {
    let (time, user_agent) = (device.take_value("time"), device.take_text("userAgent"));
    event.put("server_name", device.take_text("hostname").unwrap_or_default());
    let (name, version) = (device.take_text("osName"), device.take_text("osVersion"));
    event.context("os", named(name, version));
    let mut versions = device.take_object("runtimeVersions");
    if let Some(version) = versions.take_text(platform) {
        event.context("runtime", named(Some(platform.to_owned()), Some(version)));
    }
    if !versions.is_empty() {
        device.insert("runtimeVersions".to_owned(), versions.into());
    }
    for (theirs, ours) in [("totalMemory", "memory_size"), ("freeMemory", "free_memory")] {
        if let Some(value) = device.take_value(theirs) {
            device.insert(ours.to_owned(), value);
        }
    }
    event.context("device", device);
    (time, user_agent)
}

fn named(name: Option<String>, version: Option<String>) -> Map<String, Value> {
    let parts = [("name", name), ("version", version)];
    parts.into_iter().filter_map(|(key, part)| Some((key.to_owned(), part?.into()))).collect()
}

/// Translates `user`. Its `name` is what the client's users call the user.
pub(super) fn put_user(event: &mut SentryEvent, mut user: Map<String, Value>) {
    if let Some(name) = user.take_text("name") {
        user.entry("username").or_insert(name.into());
    }
    user.retain(|_, value| !value.is_null());
    event.extend("user", user);
}

/// Translates `request`, filled up from the tab of the same name. The address of the sender is the user's in a browser,
/// which does not know it, unless the application forbids to collect it.
pub(super) fn put_request(
    event: &mut SentryEvent,
    mut request: Map<String, Value>,
    tab: Option<&Map<String, Value>>,
    user_agent: Option<String>,
    platform: &str,
) {
    for (key, value) in tab.into_iter().flatten() {
        if ["url", "httpMethod", "headers", "clientIp", "referer", "query", "body"].contains(&key.as_str()) {
            request.entry(key).or_insert_with(|| value.clone());
        }
    }
    let address = request.take_text("clientIp");
    let address = match address {
        Some(address) => Some(address).filter(|address| address.parse::<IpAddr>().is_ok()),
        None => (platform == "javascript").then(|| "{{auto}}".to_owned()),
    };
    event.extend("user", address.map(|address| ("ip_address".to_owned(), address.into())).into_iter().collect());

    let mut out = Map::new();
    let names = [("url", "url"), ("httpMethod", "method"), ("query", "query_string"), ("body", "data")];
    for (theirs, ours) in names {
        out.extend(request.take_value(theirs).map(|value| (ours.to_owned(), value)));
    }
    // The URL has the query already.
    if out.get("url").and_then(Value::as_str).is_some_and(|url| url.contains('?')) {
        out.remove("query_string");
    }
    let mut headers = request.take_object("headers");
    for (name, value) in [("Referer", request.take_text("referer")), ("User-Agent", user_agent)] {
        if let Some(value) = value
            && !headers.keys().any(|key| key.eq_ignore_ascii_case(name))
        {
            headers.insert(name.to_owned(), value.into());
        }
    }
    if !headers.is_empty() {
        out.insert("headers".to_owned(), headers.into());
    }
    for (key, value) in request {
        out.entry(key).or_insert(value);
    }
    event.extend("request", out);
}

/// Translates `featureFlags` into the context that Sentry's SDKs send.
pub(super) fn put_flags(event: &mut SentryEvent, flags: Vec<Value>) {
    let flag = |flag: &Value| {
        let name = flag["featureFlag"].as_str()?;
        let result = flag.get("variant").filter(|variant| !variant.is_null()).cloned().unwrap_or(Value::Bool(true));
        Some(json!({ "flag": name, "result": result }))
    };
    let values: Vec<_> = flags.iter().filter_map(flag).collect();
    event.context("flags", Map::from_iter([("values".to_owned(), values.into())]));
}

/// Translates `metaData`: tabs of names and values become contexts, everything else becomes extra data.
pub(super) fn put_tabs(event: &mut SentryEvent, tabs: Map<String, Value>) {
    for (name, tab) in tabs {
        match tab {
            Value::Object(entries) => event.context(&name, entries),
            other => event.extend("extra", Map::from_iter([(name, other)])),
        }
    }
}
