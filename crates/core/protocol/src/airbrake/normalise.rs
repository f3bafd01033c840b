//! Translates a notice into an event.

use model::json::list_of;
use model::occurrence::{Occurrence, Source};
use serde_json::{Map, Value, json};

use super::history;
use crate::sentry::Received;
use crate::translate::{Chain, Link, Ownership, SentryEvent, Take, each_object, put_code, raised_last};

/// Words that clients write in place of folders, and whether files in them are the application's own.
const FOLDERS: [(&str, bool); 3] = [("/PROJECT_ROOT/", true), ("/GEM_ROOT/", false), ("/SITE_PACKAGES/", false)];
/// The objects of a notice that become contexts of the same names, as for faultline's own API.
const CONTEXTS: [&str; 3] = ["environment", "session", "params"];

/// Converts a notice into an occurrence. Its errors are one chain, of which the first one was caught.
pub fn normalise(mut notice: Map<String, Value>, received: &Received) -> Occurrence {
    let mut context = notice.take_object("context");
    let mut chain = Chain(links(&mut notice));
    let contexts = CONTEXTS.map(|name| (name, notice.take_object(name)));
    let earlier_notifier = notice.take_object("notifier");

    let mut event = SentryEvent::with_rest(notice);
    let notifier = context.take_object("notifier");
    let notifier = if notifier.is_empty() { earlier_notifier } else { notifier };
    event.put("platform", platform(&context, &notifier));
    event.extend("sdk", notifier);
    event.put("level", context.take_text("severity").unwrap_or_default());
    event.put("environment", context.take_text("environment").unwrap_or_default());
    let (version, revision) = (context.take_text("version"), context.take_text("revision"));
    if version.is_some() {
        event.context("app", Map::from_iter(revision.clone().map(|revision| ("revision".to_owned(), revision.into()))));
    }
    event.put("release", version.or(revision).unwrap_or_default());
    event.put("server_name", context.take_text("hostname").unwrap_or_default());
    event.extend("modules", context.take_object("versions"));
    event.put("breadcrumbs", history::translate(context.take_list("history")));
    put_systems(&mut event, &mut context);
    put_user(&mut event, &mut context);
    put_route_and_request(&mut event, &mut context);

    let mechanism = ["windowError", "unhandledRejection"].into_iter().find(|flag| context.take_flag(flag));
    let mechanism = mechanism.map(|flag| if flag == "windowError" { "onerror" } else { "onunhandledrejection" });
    let mechanism = mechanism.map(|kind| json!({ "type": kind, "handled": false }));
    let mechanism = mechanism.and_then(|mechanism| mechanism.as_object().cloned()).unwrap_or_default();
    chain.strip_root(context.take_text("rootDirectory").as_deref(), Ownership::ByFolder);
    put_chain(&mut event, chain, mechanism);

    event.context("context", context);
    for (name, entries) in contexts {
        event.context(name, entries);
    }
    event.finish(Source::Airbrake, received)
}

fn links(notice: &mut Map<String, Value>) -> Vec<Link> {
    let errors = notice.take_value("errors").map_or_else(Vec::new, |errors| list_of(errors).unwrap_or_default());
    let objects = errors.into_iter().filter_map(|error| match error {
        Value::Object(error) => Some(error),
        _ => None,
    });
    let link = |mut error: Map<String, Value>| Link {
        kind: error.take_text("type"),
        value: error.take_text("message"),
        frames: each_object(raised_last(&mut error, "backtrace"), translate_frame),
        rest: error,
    };
    objects.map(link).collect()
}

fn translate_frame(mut frame: Map<String, Value>) -> Map<String, Value> {
    let line = frame.take_value("line");
    let number = line.as_ref().and_then(Value::as_u64);
    let mut out = Map::new();
    if let Some(file) = frame.take_text("file") {
        let folder = FOLDERS.iter().find_map(|(folder, is_own)| Some((file.strip_prefix(folder)?.to_owned(), *is_own)));
        if let Some((short, is_own)) = &folder {
            let is_own = *is_own && !grouping::is_in_package(short);
            out.insert("in_app".to_owned(), is_own.into());
            out.insert("abs_path".to_owned(), file.clone().into());
        }
        out.insert("filename".to_owned(), folder.map_or(file, |(short, _)| short).into());
    }
    out.extend(frame.take_text("function").map(|function| ("function".to_owned(), function.into())));
    out.extend(line.map(|line| ("lineno".to_owned(), line)));
    out.extend(frame.take_value("column").map(|column| ("colno".to_owned(), column)));
    put_code(&mut out, frame.take_object("code"), number);
    for (key, value) in frame {
        out.entry(key).or_insert(value);
    }
    out
}

/// A message that was sent without an exception has no type. Its stack is that of the call that sent it.
fn put_chain(event: &mut SentryEvent, mut chain: Chain, mechanism: Map<String, Value>) {
    match chain.0.as_mut_slice() {
        [message] if message.kind.is_none() => {
            let Link { value, frames, rest, .. } = std::mem::take(message);
            event.put("logentry", value.map_or(Value::Null, |text| json!({ "message": text })));
            event.put("stacktrace", if frames.is_empty() { Value::Null } else { json!({ "frames": frames }) });
            event.extend("extra", rest);
        }
        _ => event.put("exception", chain.into_values(mechanism)),
    }
}

fn platform(context: &Map<String, Value>, notifier: &Map<String, Value>) -> &'static str {
    let text = |map: &Map<String, Value>, key: &str| {
        map.get(key).and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase()
    };
    let (language, client) = (text(context, "language"), text(notifier, "name"));
    match language.split(['/', ' ']).next().unwrap_or_default() {
        "javascript" if client.ends_with("/node") || client.starts_with("node") => "node",
        "javascript" => "javascript",
        "python" => "python",
        "ruby" => "ruby",
        "php" => "php",
        "go" | "golang" => "go",
        "java" | "kotlin" | "scala" => "java",
        "c#" | "csharp" | ".net" => "csharp",
        "elixir" => "elixir",
        "perl" => "perl",
        "swift" | "objective-c" => "cocoa",
        _ => "other",
    }
}

/// Translates `os`, `language` and `architecture`, which are texts such as `Linux/6.1.0` and `Python/3.11.7`.
fn put_systems(event: &mut SentryEvent, context: &mut Map<String, Value>) {
    for (key, name) in [("os", "os"), ("language", "runtime")] {
        let Some(text) = context.take_text(key) else { continue };
        let is_version = |version: &str| version.starts_with(|c: char| c.is_ascii_digit());
        let split = text.split_once(['/', '-']).filter(|(_, version)| is_version(version));
        let system = match split {
            Some((name, version)) => json!({ "name": name, "version": version }),
            // The platform says this.
            None if name == "runtime" => continue,
            None => json!({ "name": text }),
        };
        if let Value::Object(system) = system {
            event.context(name, system);
        }
    }
    let architecture = context.take_text("architecture").map(|text| ("arch".to_owned(), text.into()));
    event.context("device", architecture.into_iter().collect());
}

fn put_user(event: &mut SentryEvent, context: &mut Map<String, Value>) {
    let mut user = context.take_object("user");
    for (theirs, ours) in [("userId", "id"), ("userName", "name"), ("userUsername", "username"), ("userEmail", "email")]
    {
        if let Some(text) = context.take_text(theirs) {
            user.entry(ours).or_insert(text.into());
        }
    }
    let address = context.take_text("userAddr").or_else(|| context.take_text("remoteAddr"));
    if let Some(address) = address {
        user.entry("ip_address").or_insert(address.into());
    }
    event.extend("user", user);
}

fn put_route_and_request(event: &mut SentryEvent, context: &mut Map<String, Value>) {
    let method = context.take_text("httpMethod").or_else(|| context.take_text("method"));
    // The client for Python writes `None`.
    let route = context.take_text("route").filter(|route| route != "None");
    let (component, action) = (context.take_text("component"), context.take_text("action"));
    let transaction = match (&route, &method, &component, &action) {
        (Some(route), Some(method), ..) => format!("{method} {route}"),
        (Some(route), None, ..) => route.clone(),
        (None, _, Some(component), Some(action)) => format!("{component}#{action}"),
        (None, _, component, action) => component.as_ref().or(action.as_ref()).cloned().unwrap_or_default(),
    };
    event.put("transaction", transaction);
    let parts = [("component", component), ("action", action)];
    let parts = parts.into_iter().filter_map(|(name, part)| Some((name.to_owned(), part?.into())));
    event.context("context", parts.collect());

    let mut request = Map::new();
    request.extend(context.take_text("url").map(|url| ("url".to_owned(), url.into())));
    request.extend(method.map(|method| ("method".to_owned(), method.into())));
    let mut headers = Map::new();
    for (theirs, ours) in [("userAgent", "User-Agent"), ("referer", "Referer")] {
        headers.extend(context.take_text(theirs).map(|text| (ours.to_owned(), text.into())));
    }
    if !headers.is_empty() {
        request.insert("headers".to_owned(), headers.into());
    }
    event.extend("request", request);
}
