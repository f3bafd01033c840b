//! Translates an item into an event.

use model::occurrence::{Occurrence, Source};
use serde_json::{Map, Value, json};

use super::{frames, request, telemetry};
use crate::sentry::Received;
use crate::translate::{Ownership, SentryEvent, Take};

/// Converts the `data` of an item into an occurrence.
pub fn normalise(mut data: Map<String, Value>, received: &Received) -> Occurrence {
    let notifier = data.take_object("notifier");
    let mut client = data.take_object("client");
    let mut script = client.take_object("javascript");
    let mut server = data.take_object("server");
    let mut body = data.take_object("body");
    let uuid = data.take_text("uuid");
    let is_browser = data.take_text("platform").is_some_and(|platform| platform == "browser");
    let language = data.take_text("language").unwrap_or_default();
    let platform = platform_of(&language, is_browser);
    let custom = data.take_object("custom");
    let (level, timestamp) = (data.take_text("level"), data.take_value("timestamp"));
    let (fingerprint, title) = (data.take_text("fingerprint"), data.take_text("title"));
    let (environment, context) = (data.take_text("environment"), data.take_text("context"));
    let release = data.take_text("code_version").or_else(|| server.take_text("code_version"));
    let release = release.or_else(|| script.take_text("code_version"));
    let framework = data.take_text("framework");
    // Packages that the application treats as its own code: the client for Ruby sends them.
    let packages = data.take_list("project_package_paths");
    let packages: Vec<_> = packages.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    let (mut person, attributes) = (data.take_object("person"), data.take_list("attributes"));
    let sent_request = data.take_object("request");
    let is_clients_own = data.take_flag("failsafe") | data.take_flag("internal");
    // The address that the client sends to is known. The client for Node.js repeats custom data at the top.
    data.remove("endpoint");
    data.retain(|key, value| custom.get(key) != Some(value));

    let traces = frames::take_traces(&mut body, platform == "node");
    let message = body.take_object("message");
    let crumbs = telemetry::translate(body.take_list("telemetry"), uuid.as_deref());
    let crash = body.take_object("crash_report");
    let history = telemetry::translate_history(server.take_list("history"), uuid.as_deref());

    let mut event = SentryEvent::with_rest(data);
    let default_level = if traces.chain.0.is_empty() && crash.is_empty() { "info" } else { "error" };
    let level = if is_clients_own { Some("warning".to_owned()) } else { level };
    event.put("level", level.unwrap_or_else(|| default_level.to_owned()));
    event.put("platform", platform);
    event.put("timestamp", timestamp.or_else(|| client.take_value("timestamp")).unwrap_or_default());
    event.put("environment", environment);
    event.put("release", release);
    event.put("transaction", context);
    event.put("fingerprint", fingerprint.map_or_else(Vec::new, |one| vec![one]));
    event.tag("framework", framework);
    let mut mechanism = Map::new();
    for attribute in attributes {
        let (name, value) = (attribute["key"].as_str().unwrap_or_default(), attribute["value"].clone());
        if name == "is_uncaught" {
            let is_uncaught = value == true || value == "true";
            mechanism = Map::from_iter([("handled".to_owned(), (!is_uncaught).into())]);
        } else if !name.is_empty() {
            event.tag(name, value);
        }
    }

    put_message(
        &mut event,
        message,
        traces.description,
        traces.chain.0.first().and_then(|first| first.value.as_deref()),
    );
    let mut chain = traces.chain;
    chain.strip_root(server.get("root").and_then(Value::as_str), Ownership::ByFolder);
    chain.mark_own(&packages);
    event.put("exception", chain.into_values(mechanism));
    put_crash(&mut event, crash);
    event.put("breadcrumbs", [history, crumbs].concat());
    event.extend("extra", custom);
    event.extend("extra", traces.extra);
    event.extend("extra", title.map(|title| ("title".to_owned(), title.into())).into_iter().collect());
    event.extend("extra", body);

    person.retain(|_, value| !value.is_null());
    event.extend("user", person);
    request::put_request(&mut event, sent_request, script.take_text("browser"), received.client_ip);
    event.put("server_name", server.take_text("host"));
    event.context("server", server);
    // Every browser has the same ones.
    script.remove("plugins");
    client.extend(script);
    event.context("client", client);
    let sdk = notifier.into_iter().filter(|(key, _)| matches!(key.as_str(), "name" | "version"));
    event.extend("sdk", sdk.collect());
    event.finish(Source::Rollbar, received)
}

fn platform_of(language: &str, is_browser: bool) -> &'static str {
    let word = language.split([' ', '/']).next().unwrap_or_default().to_ascii_lowercase();
    match word.as_str() {
        "javascript" | "typescript" if is_browser => "javascript",
        "javascript" | "typescript" | "node" => "node",
        "python" => "python",
        "ruby" => "ruby",
        "php" => "php",
        "go" | "golang" => "go",
        "java" | "kotlin" | "scala" => "java",
        "c#" | "csharp" | ".net" | "dotnet" | "f#" | "vb" => "csharp",
        "swift" | "objective-c" | "cocoa" => "cocoa",
        "rust" => "rust",
        "elixir" => "elixir",
        "perl" => "perl",
        "dart" => "dart",
        _ => "other",
    }
}

/// Translates `message`, or the text that the developer passed next to an exception. What lies next to the text is
/// data.
fn put_message(
    event: &mut SentryEvent,
    mut message: Map<String, Value>,
    description: Option<String>,
    exception: Option<&str>,
) {
    let text = message.take_text("body");
    let is_news = |text: &String| {
        exception.is_none_or(|value| text != value && !(text.starts_with("Uncaught ") && text.ends_with(value)))
    };
    event.put("logentry", text.or(description.filter(is_news)).map_or(Value::Null, |text| json!({ "message": text })));
    event.extend("extra", message.take_object("extra"));
    event.extend("extra", message);
}

/// Translates `crash_report`, whose text is of Apple's systems.
fn put_crash(event: &mut SentryEvent, mut crash: Map<String, Value>) {
    let Some(raw) = crash.take_text("raw") else { return event.extend("extra", crash) };
    let find = |name: &str| {
        let line = raw.lines().find_map(|line| line.trim_start().strip_prefix(name)?.trim_start().strip_prefix(':'))?;
        Some(line.trim().to_owned()).filter(|text| !text.is_empty())
    };
    let kind = find("Exception Type").unwrap_or_else(|| "Crash".to_owned());
    let value = find("Exception Message").or_else(|| find("Termination Reason")).or_else(|| find("Exception Codes"));
    event.put("exception", json!([{ "type": kind, "value": value, "mechanism": { "handled": false } }]));
    crash.insert("crash_report".to_owned(), raw.into());
    event.extend("extra", crash);
}
