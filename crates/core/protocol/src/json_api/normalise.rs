//! Converts a v1 error into the model that all clients share.

use serde_json::{Map, Value};

use super::post::Item;
use model::id::EventId;
use model::json::Fields;
use model::json::Problem;
use model::occurrence::{Exception, Frame, Level, Occurrence, Source, Stacktrace};
use model::time::Timestamp;

/// How many seconds in the future a client's time may be before it is ignored. This is the tolerance of the Sentry
/// protocol.
const FUTURE: i64 = 60;

/// Converts the error `item` of a post, and the data that its errors share, into an occurrence. v1's `context`,
/// `environment`, `session` and `params` become contexts of the same names, the backtrace becomes the stack of one
/// exception, and the notifier becomes `sdk`. `query` converts all of it back in its answers. If the client sent no
/// valid time, the error happened when it was received.
pub fn normalise(item: Item, shared: &Map<String, Value>, event_id: EventId, received_at: Timestamp) -> Occurrence {
    let Item { kind, message, rest } = item;
    let mut problems = Vec::new();
    let mut fields = Fields::new(rest, "", &mut problems);
    let timestamp = timestamp(&mut fields, received_at);
    let backtrace = fields.list("backtrace").unwrap_or_default();
    let other = fields.rest();

    let mut occurrence = Occurrence::new(event_id, Source::V1, timestamp, received_at);
    occurrence.kind.clone_from(&kind);
    occurrence.message.clone_from(&message);
    occurrence.exceptions = vec![Exception {
        kind: Some(kind),
        value: Some(message),
        stacktrace: stacktrace(backtrace, &mut problems),
        ..Exception::default()
    }];
    occurrence.other = other;
    for (key, value) in shared {
        match (key.as_str(), value) {
            ("notifier", Value::Object(notifier)) => occurrence.sdk = notifier.clone(),
            ("notifier", other) => problems.push(Problem::invalid(key, other.clone(), "expected an object")),
            _ => drop(occurrence.contexts.insert(key.clone(), value.clone())),
        }
    }
    if let Some(Value::Object(context)) = shared.get("context") {
        describe(&mut occurrence, context);
    }
    occurrence.culprit = culprit(&occurrence);
    occurrence.errors = problems;
    occurrence
}

fn timestamp(fields: &mut Fields<'_>, received_at: Timestamp) -> Timestamp {
    let Some(value) = fields.value("timestamp") else { return received_at };
    match value.as_str().map(Timestamp::parse) {
        Some(Ok(timestamp)) if timestamp <= received_at.plus_seconds(FUTURE) => timestamp,
        Some(Ok(_)) => {
            fields.problem("timestamp", value, "in the future: the time of receipt is used");
            received_at
        }
        Some(Err(_)) | None => {
            fields.problem("timestamp", value, "expected an RFC 3339 time: the time of receipt is used");
            received_at
        }
    }
}

/// v1 lists the frame that raised the error first; the model lists it last.
fn stacktrace(backtrace: Vec<Value>, problems: &mut Vec<Problem>) -> Option<Stacktrace> {
    if backtrace.is_empty() {
        return None;
    }
    let mut frames: Vec<_> = backtrace
        .into_iter()
        .enumerate()
        .filter_map(|(index, frame)| match frame {
            Value::Object(frame) => {
                let path = format!("backtrace.{index}");
                let mut fields = Fields::new(frame, &path, problems);
                Some(Frame {
                    filename: fields.text("file"),
                    function: fields.text("function"),
                    lineno: fields.number("line"),
                    colno: fields.number("column"),
                    other: fields.rest(),
                    ..Frame::default()
                })
            }
            Value::Null => None,
            other => {
                Problem::note(problems, || Problem::invalid(format!("backtrace.{index}"), other, "expected an object"));
                None
            }
        })
        .collect();
    frames.reverse();
    Some(Stacktrace { frames, other: Map::new() })
}

/// Copies values of v1's `context` into the fields of the occurrence with the same meaning.
fn describe(occurrence: &mut Occurrence, context: &Map<String, Value>) {
    let text = |key: &str| context.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    occurrence.environment = text("environment").map(str::to_owned);
    occurrence.release = text("version").map(str::to_owned);
    occurrence.transaction = match (text("component"), text("action")) {
        (Some(component), Some(action)) => Some(format!("{component}#{action}")),
        (component, action) => component.or(action).map(str::to_owned),
    };
    if let Some(level) = text("severity").and_then(Level::of_client) {
        occurrence.level = level;
    }
    if let Some(platform) = text("language").and_then(platform) {
        occurrence.platform = platform.to_owned();
    }
    if let Some(url) = text("url") {
        occurrence.request.insert("url".to_owned(), url.into());
    }
}

/// Returns the name of a language in the Sentry protocol.
fn platform(language: &str) -> Option<&'static str> {
    const KNOWN: [&str; 12] =
        ["javascript", "node", "php", "ruby", "python", "java", "go", "csharp", "perl", "elixir", "rust", "swift"];
    let word = language.split([' ', '/']).next().unwrap_or_default();
    KNOWN.into_iter().find(|known| known.eq_ignore_ascii_case(word))
}

fn culprit(occurrence: &Occurrence) -> Option<String> {
    let raised = occurrence.exceptions.last()?.stacktrace.as_ref()?.frames.last();
    let text =
        |text: &Option<String>| text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let frame = raised.and_then(|frame| match (text(&frame.filename), text(&frame.function)) {
        (Some(file), Some(function)) => Some(format!("{function} in {file}")),
        (file, function) => file.or(function),
    });
    text(&occurrence.transaction).or(frame)
}
