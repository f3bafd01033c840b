//! Which records are errors.

use serde_json::{Map, Value, json};

use super::attributes::{attributes, integer};

/// From this severity on, a log record is an error without an exception.
const ERROR: i64 = 17;
/// From this severity on, a record with an exception is one.
const WARNING: i64 = 13;
/// Kinds of spans whose failure is the service's own. That of a call to another service is reported by its caller.
const SERVER: i64 = 2;
const CONSUMER: i64 = 5;
/// The status of a span that failed.
const FAILED: i64 = 2;
/// How many log records before an error are searched for those of its trace.
const MAX_SEARCHED: usize = 200;
/// The most bytes of the attributes of a resource, which are stored with each error.
const MAX_RESOURCE: usize = 64 << 10;
/// The most log records of a trace that are kept as breadcrumbs of its error.
const MAX_CRUMBS: usize = 20;

/// An error, as it is stored in the inbox.
pub(super) type OtlpError = Map<String, Value>;

/// Where the errors of a request go.
pub(super) trait Errors {
    /// Whether further errors are left out, so that they need not be built.
    fn is_full(&self) -> bool;
    fn add(&mut self, error: OtlpError);
    fn leave_out(&mut self);
}

/// Passes the errors among the log records of a request on, and returns the number of the other records.
pub(super) fn from_logs(request: &Map<String, Value>, errors: &mut impl Errors) -> usize {
    let mut others = 0;
    for (resource, scope, records) in groups(request, "resourceLogs", "scopeLogs", "logRecords") {
        for (index, record) in records.iter().enumerate() {
            let own = attributes(record.get("attributes"));
            let severity = record.get("severityNumber").and_then(severity).unwrap_or_default();
            let has_exception = has_exception(&own);
            if severity < ERROR && !(has_exception && (severity == 0 || severity >= WARNING)) {
                others += 1;
                continue;
            }
            if errors.is_full() {
                errors.leave_out();
                continue;
            }
            let mut error = begin(&resource, &scope, own);
            for key in
                ["timeUnixNano", "observedTimeUnixNano", "severityText", "body", "traceId", "spanId", "eventName"]
            {
                error.extend(record.get(key).map(|value| (key.to_owned(), value.clone())));
            }
            error.insert("severityNumber".to_owned(), severity.into());
            error.insert("crumbs".to_owned(), crumbs(&records[..index], record.get("traceId")).into());
            errors.add(error);
        }
    }
    others
}

/// Log records of the same trace that came shortly before the error.
fn crumbs(before: &[Value], trace: Option<&Value>) -> Vec<Value> {
    let Some(trace) = trace.filter(|trace| trace.as_str().is_some_and(|id| !id.is_empty())) else { return Vec::new() };
    let of_trace = before.iter().rev().take(MAX_SEARCHED).filter(|record| record.get("traceId") == Some(trace));
    let mut crumbs: Vec<_> = of_trace
        .take(MAX_CRUMBS)
        .map(|record| json!({ "timeUnixNano": record["timeUnixNano"], "severityNumber": record["severityNumber"], "body": record["body"] }))
        .collect();
    crumbs.reverse();
    crumbs
}

/// Passes the errors among the spans of a request on, and returns the number of the other spans. Each exception of a span
/// is an error, or else the span itself, if it is of a request or a message that failed.
pub(super) fn from_spans(request: &Map<String, Value>, errors: &mut impl Errors) -> usize {
    let mut others = 0;
    for (resource, scope, spans) in groups(request, "resourceSpans", "scopeSpans", "spans") {
        for span in spans {
            let events = span.get("events").and_then(Value::as_array);
            let exceptions = events.into_iter().flatten().filter(|event| event["name"] == "exception");
            let mut is_error = false;
            for event in exceptions {
                let own = attributes(event.get("attributes"));
                if !has_exception(&own) {
                    continue;
                }
                is_error = true;
                if errors.is_full() {
                    errors.leave_out();
                    continue;
                }
                let mut error = begin(&resource, &scope, own);
                error.extend(event.get("timeUnixNano").map(|time| ("timeUnixNano".to_owned(), time.clone())));
                error.extend(described(span));
                errors.add(error);
            }
            let number = |value: Option<&Value>| value.and_then(severity).unwrap_or_default();
            let is_own = matches!(number(span.get("kind")), SERVER | CONSUMER);
            let status = span.get("status");
            if is_error {
                continue;
            }
            let has_failed = is_own && number(status.and_then(|status| status.get("code"))) == FAILED;
            if !has_failed {
                others += 1;
            } else if errors.is_full() {
                errors.leave_out();
            } else {
                let mut error = begin(&resource, &scope, Map::new());
                error.extend(span.get("endTimeUnixNano").map(|time| ("timeUnixNano".to_owned(), time.clone())));
                error.extend(
                    status.and_then(|status| status.get("message")).map(|text| ("status".to_owned(), text.clone())),
                );
                error.extend(described(span));
                errors.add(error);
            }
        }
    }
    others
}

/// Returns the parts of a span that are stored with an error in it.
fn described(span: &Value) -> Map<String, Value> {
    let mut kept = Map::new();
    for key in ["traceId", "spanId", "parentSpanId"] {
        kept.extend(span.get(key).map(|id| (key.to_owned(), id.clone())));
    }
    kept.insert("span".to_owned(), json!({ "name": span["name"], "attributes": attributes(span.get("attributes")) }));
    kept
}

fn begin(resource: &Map<String, Value>, scope: &Value, own: Map<String, Value>) -> OtlpError {
    Map::from_iter([
        ("resource".to_owned(), resource.clone().into()),
        ("scope".to_owned(), scope.clone()),
        ("attributes".to_owned(), own.into()),
    ])
}

fn has_exception(attributes: &Map<String, Value>) -> bool {
    let is_there = |name: &str| attributes.get(name).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    is_there("exception.type") || is_there("exception.message")
}

/// Reads a number of an enumeration, or its name as some writers of JSON have it.
fn severity(value: &Value) -> Option<i64> {
    integer(value).or_else(|| {
        let name = value.as_str()?;
        let levels = [("TRACE", 1), ("DEBUG", 5), ("INFO", 9), ("WARN", 13), ("ERROR", 17), ("FATAL", 21)];
        let level = name.strip_prefix("SEVERITY_NUMBER_").and_then(|name| {
            levels.into_iter().find_map(|(level, number)| {
                Some(number + name.strip_prefix(level)?.parse::<i64>().map_or(0, |step| step - 1))
            })
        });
        level.or(match name {
            "SPAN_KIND_SERVER" => Some(SERVER),
            "SPAN_KIND_CONSUMER" => Some(CONSUMER),
            "STATUS_CODE_ERROR" => Some(FAILED),
            _ => None,
        })
    })
}

/// The records of a request, with the attributes of their resource and with their scope.
fn groups<'a>(
    request: &'a Map<String, Value>,
    resources: &str,
    scopes: &'a str,
    records: &'a str,
) -> impl Iterator<Item = (Map<String, Value>, Value, &'a [Value])> {
    let list = |value: Option<&'a Value>| value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    list(request.get(resources)).iter().flat_map(move |group| {
        let mut resource = attributes(group.get("resource").and_then(|resource| resource.get("attributes")));
        let mut bytes = 0;
        resource.retain(|name, value| {
            let size = name.len() + value.to_string().len();
            let fits = bytes + size <= MAX_RESOURCE;
            bytes += if fits { size } else { 0 };
            fits
        });
        list(group.get(scopes)).iter().map(move |scope| {
            let about = scope.get("scope").cloned().unwrap_or_default();
            (resource.clone(), about, list(scope.get(records)))
        })
    })
}
