//! Translates an error into an event.

use model::occurrence::{Frame, Occurrence, Source};
use serde_json::{Map, Value, json};

use super::attributes::{any, nanos, take_first};
use super::request::{put_request, put_user};
use crate::sentry::Received;
use crate::stack_text::{self, ParsedException, ParsedTrace};
use crate::translate::{Chain, Link, SentryEvent, Take};

/// The longest value that becomes a tag, and the most tags. All others become extra data.
const MAX_TAG: usize = 200;
const MAX_TAGS: usize = 30;
/// Parts of the names of attributes that become contexts.
const CONTEXTS: [&str; 9] = ["os", "device", "browser", "k8s", "cloud", "faas", "process", "container", "host"];

/// Converts an error of a request into an occurrence.
pub fn normalise(mut error: Map<String, Value>, received: &Received) -> Occurrence {
    let (mut resource, mut own) = (error.take_object("resource"), error.take_object("attributes"));
    let mut span = error.take_object("span");
    let mut of_span = span.take_object("attributes");
    let span_name = span.take_text("name");
    let scope = error.take_object("scope");
    let status = error.take_text("status");
    let body = error.take_value("body").map(|body| any(&body)).filter(|body| !body.is_null());

    let kind = own.take_text("exception.type").or_else(|| of_span.take_text("error.type").filter(|_| status.is_some()));
    let message = own.take_text("exception.message").or(status);
    let text = own.take_text("exception.stacktrace");
    own.remove("exception.escaped");
    let language = take_first(&mut resource, &["telemetry.sdk.language"]);
    let known = language.as_deref().and_then(platform_of);
    let mut trace = text.as_deref().map_or_else(ParsedTrace::default, |text| stack_text::parse(text, known));
    if trace.exceptions.is_empty() && known.is_some() {
        trace = text.as_deref().map_or_else(ParsedTrace::default, |text| stack_text::parse(text, None));
    }

    let mut event = SentryEvent::default();
    event.put("platform", known.or(trace.platform).unwrap_or("other"));
    let severity = error.take_value("severityNumber").and_then(|number| number.as_i64()).unwrap_or_default();
    event.put("level", level(severity, true));
    let time = nanos(error.get("timeUnixNano")).or_else(|| nanos(error.get("observedTimeUnixNano")));
    event.put("timestamp", time.map_or(Value::Null, |nanos| (nanos / 1_000).into()));
    put_resource(&mut event, &mut resource);
    event.put("logger", scope.get("name").and_then(Value::as_str).unwrap_or_default());
    put_trace(&mut event, &mut error);
    let of_request = put_request(&mut event, &mut of_span).or_else(|| put_request(&mut event, &mut own));
    put_user(&mut event, &mut own);
    put_user(&mut event, &mut of_span);
    event.put("transaction", span_name.or(of_request).unwrap_or_default());
    put_body(&mut event, body);
    let place = place(&mut own);
    put_exceptions(&mut event, kind, message, trace, text, place);
    event.put("breadcrumbs", crumbs(error.take_list("crumbs")));
    put_others(&mut event, own, of_span, resource);
    event.finish(Source::Otlp, received)
}

fn platform_of(language: &str) -> Option<&'static str> {
    Some(match language {
        "nodejs" => "node",
        "webjs" => "javascript",
        "dotnet" => "csharp",
        "cpp" => "native",
        "erlang" => "elixir",
        "swift" => "cocoa",
        "python" => "python",
        "java" => "java",
        "go" => "go",
        "php" => "php",
        "ruby" => "ruby",
        "rust" => "rust",
        _ => return None,
    })
}

/// The level of a severity number. Without a severity, an error is one.
fn level(severity: i64, is_error: bool) -> &'static str {
    match severity {
        21.. => "fatal",
        17..=20 => "error",
        13..=16 => "warning",
        9..=12 => "info",
        1..=8 => "debug",
        _ if is_error => "error",
        _ => "info",
    }
}

fn put_resource(event: &mut SentryEvent, resource: &mut Map<String, Value>) {
    let namespace = take_first(resource, &["service.namespace"]);
    let service = take_first(resource, &["service.name"]).filter(|name| !name.starts_with("unknown_service"));
    event.tag("service", service.map(|name| namespace.map_or(name.clone(), |space| format!("{space}/{name}"))));
    event.put("release", take_first(resource, &["service.version", "vcs.ref.head.revision"]).unwrap_or_default());
    let environment = take_first(resource, &["deployment.environment.name", "deployment.environment"]);
    event.put("environment", environment.unwrap_or_default());
    let host = take_first(resource, &["host.name", "k8s.pod.name", "service.instance.id", "faas.instance"]);
    event.put("server_name", host.unwrap_or_default());
    let sdk = [("name", "telemetry.sdk.name"), ("version", "telemetry.sdk.version")];
    let sdk = sdk.into_iter().filter_map(|(key, name)| Some((key.to_owned(), take_first(resource, &[name])?.into())));
    event.extend("sdk", sdk.collect());
    let runtime = [("name", "process.runtime.name"), ("version", "process.runtime.version")];
    let runtime =
        runtime.into_iter().filter_map(|(key, name)| Some((key.to_owned(), take_first(resource, &[name])?.into())));
    event.context("runtime", runtime.collect());
}

fn put_trace(event: &mut SentryEvent, error: &mut Map<String, Value>) {
    let mut trace = Map::new();
    for (theirs, ours) in [("traceId", "trace_id"), ("spanId", "span_id"), ("parentSpanId", "parent_span_id")] {
        trace.extend(error.take_text(theirs).map(|id| (ours.to_owned(), id.to_ascii_lowercase().into())));
    }
    event.context("trace", trace);
}

/// The body of a log is its message. It may be an object, of which `message` is the message.
fn put_body(event: &mut SentryEvent, body: Option<Value>) {
    let text = match body {
        Some(Value::Object(mut map)) => {
            let text = map.take_text("message").unwrap_or_else(|| Value::Object(map.clone()).to_string());
            event.extend("extra", Map::from_iter([("body".to_owned(), map.into())]));
            text
        }
        Some(Value::String(text)) => text,
        Some(other) => other.to_string(),
        None => return,
    };
    event.put("logentry", json!({ "message": text }));
}

/// The place of a log call, as a frame.
fn place(own: &mut Map<String, Value>) -> Option<Frame> {
    let file = take_first(own, &["code.file.path", "code.filepath"]);
    let function = take_first(own, &["code.function.name", "code.function"]);
    let line = take_first(own, &["code.line.number", "code.lineno"]).and_then(|line| line.parse().ok());
    let module = take_first(own, &["code.namespace"]);
    (file.is_some() || function.is_some()).then(|| Frame {
        filename: file,
        function,
        lineno: line,
        module,
        ..Frame::default()
    })
}

/// The attributes name what was caught, and the text has its frames and its causes.
fn put_exceptions(
    event: &mut SentryEvent,
    kind: Option<String>,
    message: Option<String>,
    trace: ParsedTrace,
    text: Option<String>,
    place: Option<Frame>,
) {
    if kind.is_none() && message.is_none() && trace.exceptions.is_empty() {
        if let Some(place) = place {
            event.put("stacktrace", json!({ "frames": [place] }));
        }
        return;
    }
    let mut links: Vec<Link> = trace.exceptions.into_iter().map(link).collect();
    if links.is_empty() {
        links.push(Link::default());
    }
    let caught = &mut links[0];
    if let Some(kind) = kind {
        // Names are written with and without their module.
        let short = kind.rsplit(['.', '\\']).next().unwrap_or(&kind).to_owned();
        caught.kind = Some(if short.is_empty() || kind.contains('/') || kind.starts_with('*') { kind } else { short });
    }
    caught.value = message.or(caught.value.take());
    if caught.frames.is_empty() {
        caught.frames.extend(place.and_then(|place| serde_json::to_value(place).ok()));
    }
    caught.rest.extend(text.map(|text| ("raw_stacktrace".to_owned(), text.into())));
    event.put("exception", Chain(links).into_values(Map::new()));
}

fn link(one: ParsedException) -> Link {
    let ParsedException { kind, module, value, frames } = one;
    let frames = frames.into_iter().filter_map(|frame| serde_json::to_value(frame).ok()).collect();
    let rest = module.map(|module| ("module".to_owned(), module.into())).into_iter().collect();
    Link { kind, value, frames, rest }
}

fn crumbs(records: Vec<Value>) -> Vec<Value> {
    let crumb = |record: Value| {
        let severity = record["severityNumber"].as_i64().unwrap_or_default();
        let body = any(&record["body"]);
        let text = body.as_str().map_or_else(|| body.to_string(), str::to_owned);
        let time = nanos(record.get("timeUnixNano")).map(|nanos| nanos / 1_000);
        json!({ "category": "log", "level": level(severity, false), "message": text, "timestamp": time })
    };
    records.into_iter().map(crumb).collect()
}

/// Puts away attributes without a place of their own: short values become tags, groups of facts contexts, and all others extra data.
fn put_others(
    event: &mut SentryEvent,
    own: Map<String, Value>,
    of_span: Map<String, Value>,
    resource: Map<String, Value>,
) {
    let mut tags = 0;
    for (name, value) in own.into_iter().chain(of_span) {
        let short = match &value {
            Value::String(text) => (text.len() <= MAX_TAG && !text.contains('\n')).then(|| text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(flag) => Some(flag.to_string()),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        };
        match short.filter(|_| tags < MAX_TAGS) {
            Some(text) => {
                tags += 1;
                event.tag(&name, text);
            }
            None => event.extend("extra", Map::from_iter([(name, value)])),
        }
    }
    for (name, value) in resource {
        match name.split_once('.').filter(|(group, _)| CONTEXTS.contains(group)) {
            Some((group, key)) => event.context(group, Map::from_iter([(key.to_owned(), value)])),
            None => event.context("resource", Map::from_iter([(name, value)])),
        }
    }
}
