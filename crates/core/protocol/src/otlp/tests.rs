//! Batches as exporters send them become the right occurrences.

use model::occurrence::{Level, Occurrence, Source};
use model::outcome::Reason;
use model::time::Timestamp;
use serde_json::{Map, Value, json};

use super::wire::{put_bytes, put_varint};
use super::{Batch, Encoding, Signal, encode_partial, encode_status, normalise};
use crate::sentry::Received;

const TRACE: &str = "4ddce145e72db3e2ff26c2ab6b740ce6";
const SPAN: &str = "b4cb85fc5bf429d9";
const NOW: i64 = 1_795_897_300;

fn text(key: &str, value: &str) -> Value {
    json!({ "key": key, "value": { "stringValue": value } })
}

fn number(key: &str, value: Value) -> Value {
    json!({ "key": key, "value": { "intValue": value } })
}

fn resource() -> Value {
    json!({ "attributes": [
        text("service.name", "shop"), text("service.namespace", "acme"), text("service.version", "4f2a9c1"),
        text("deployment.environment.name", "production"), text("host.name", "till-7"),
        text("telemetry.sdk.language", "python"), text("telemetry.sdk.name", "opentelemetry"), text("os.type", "linux"),
    ] })
}

fn exception(kind: &str) -> Vec<Value> {
    let stack = "Traceback (most recent call last):\n  File \"/srv/cart.py\", line 4, in total\n    return items[3]\nIndexError: out of range\n\nThe above exception was the direct cause of the following exception:\n\nTraceback (most recent call last):\n  File \"/srv/cart.py\", line 6, in total\n    raise CartError()\nCartError: no total\n";
    vec![
        text("exception.type", kind),
        text("exception.message", "no total"),
        text("exception.stacktrace", stack),
        text("exception.escaped", "False"),
    ]
}

fn logs(records: Value) -> Value {
    json!({ "resourceLogs": [{ "resource": resource(), "scopeLogs": [{ "scope": { "name": "shop.cart", "version": "1.0" }, "logRecords": records }] }] })
}

fn spans(spans: Value) -> Value {
    json!({ "resourceSpans": [{ "resource": resource(), "scopeSpans": [{ "scope": { "name": "shop.cart" }, "spans": spans }] }] })
}

fn parse(request: &Value, signal: Signal) -> Batch {
    Batch::parse(request.to_string().as_bytes(), signal, Encoding::Json).expect("a request")
}

fn occurrences(batch: Batch) -> Vec<Occurrence> {
    let ids = batch.event_ids.clone();
    let stored = serde_json::to_vec(&batch.into_stored()).expect("a stored batch");
    let stored: super::StoredBatch = serde_json::from_slice(&stored).expect("a stored batch");
    let received =
        |event_id| Received { event_id, received_at: Timestamp::from_seconds(NOW), sent_at: None, client_ip: None };
    stored.errors.into_iter().zip(ids).map(|(error, id)| normalise(error, &received(id))).collect()
}

fn record(severity: u64, attributes: Vec<Value>) -> Value {
    json!({ "timeUnixNano": "1795897239546000000", "severityNumber": severity, "body": { "stringValue": "could not total" },
        "attributes": attributes, "traceId": TRACE, "spanId": SPAN })
}

fn span(kind: u64, status: u64, events: Value) -> Value {
    json!({
        "traceId": TRACE.to_uppercase(), "spanId": SPAN, "name": "POST /carts/:id/total", "kind": kind,
        "endTimeUnixNano": "1795897239546973892", "status": { "code": status, "message": "failed" }, "events": events,
        "attributes": [text("http.request.method", "POST"), text("http.route", "/carts/:id/total"), text("url.full", "http://shop.example/carts/7/total?full=1"),
            number("http.response.status_code", json!(500)), text("user_agent.original", "curl/8"), text("client.address", "203.0.113.7"), text("enduser.id", "42"),
            text("error.type", "500")],
    })
}

fn event(kind: &str) -> Value {
    json!({ "timeUnixNano": 1_795_897_239_545_865_005_u64, "name": "exception", "attributes": exception(kind) })
}

#[test]
fn an_exception_of_a_log_becomes_an_occurrence() {
    let mut attributes = exception("CartError");
    attributes.extend([
        number("cart", json!("4711")),
        json!({ "key": "list", "value": { "arrayValue": { "values": [{ "intValue": 1 }, {}] } } }),
    ]);
    let before = json!({ "timeUnixNano": "1795897239540000000", "severityNumber": 9, "body": { "stringValue": "totalling" }, "traceId": TRACE });
    let batch = parse(&logs(json!([before, record(17, attributes)])), Signal::Logs);
    assert_eq!(batch.others, 1);
    let [occurrence] = occurrences(batch).try_into().expect("one error");
    assert_eq!(
        (occurrence.source, occurrence.platform.as_str(), occurrence.level),
        (Source::Otlp, "python", Level::Error)
    );
    assert_eq!((occurrence.kind.as_str(), occurrence.message.as_str()), ("CartError", "no total"));
    let facts = [
        &occurrence.environment,
        &occurrence.release,
        &occurrence.server_name,
        &occurrence.logger,
        &occurrence.trace_id,
    ];
    assert_eq!(facts.map(Option::as_deref), ["production", "4f2a9c1", "till-7", "shop.cart", TRACE].map(Some));
    assert_eq!(occurrence.timestamp.millis(), 1_795_897_239_546);
    let kinds: Vec<_> = occurrence.exceptions.iter().map(|one| one.kind.as_deref().unwrap_or_default()).collect();
    assert_eq!(kinds, ["IndexError", "CartError"], "the cause comes first");
    let frame = &occurrence.exceptions[1].stacktrace.as_ref().expect("a stack").frames[0];
    assert_eq!(
        (frame.filename.as_deref(), frame.function.as_deref(), frame.lineno),
        (Some("/srv/cart.py"), Some("total"), Some(6))
    );
    assert_eq!((occurrence.tags["service"].as_str(), occurrence.tags["cart"].as_str()), ("acme/shop", "4711"));
    assert_eq!(
        (&occurrence.extra["list"], &occurrence.contexts["os"]),
        (&json!([1, null]), &json!({ "type": "linux" }))
    );
    assert_eq!(
        (&occurrence.logentry["message"], &occurrence.breadcrumbs[0]["message"]),
        (&json!("could not total"), &json!("totalling"))
    );
    assert_eq!(occurrence.errors, []);
}

#[test]
fn a_failed_span_becomes_an_occurrence() {
    for (kind, status, events, expected) in [
        (2, 2, json!([event("__main__.CartError")]), Some(("CartError", "no total"))),
        (3, 2, json!([event("CartError")]), Some(("CartError", "no total"))),
        (2, 2, json!([]), Some(("500", "failed"))),
        (5, 2, json!([{ "name": "other" }]), Some(("500", "failed"))),
        (3, 2, json!([]), None),
        (2, 1, json!([]), None),
    ] {
        let batch = parse(&spans(json!([span(kind, status, events.clone())])), Signal::Traces);
        let found = occurrences(batch);
        let shown = found.first().map(|one| (one.kind.as_str(), one.message.as_str()));
        assert_eq!(shown, expected, "{kind} {status} {events}");
        let Some(occurrence) = found.first() else { continue };
        assert_eq!(occurrence.transaction.as_deref(), Some("POST /carts/:id/total"));
        assert_eq!(
            Value::Object(occurrence.request.clone()),
            json!({
                "url": "http://shop.example/carts/7/total", "query_string": "full=1", "method": "POST", "headers": { "User-Agent": "curl/8" },
            })
        );
        assert_eq!(Value::Object(occurrence.user.clone()), json!({ "id": "42", "ip_address": "203.0.113.7" }));
        assert_eq!(
            (occurrence.trace_id.as_deref(), occurrence.tags["http.response.status_code"].as_str()),
            (Some(TRACE), "500")
        );
    }
}

#[test]
fn log_records_are_taken_by_severity_and_exception() {
    for (severity, attributes, level) in [
        (17, vec![], Some(Level::Error)),
        (24, vec![], Some(Level::Fatal)),
        (16, vec![], None),
        (9, exception("E"), None),
        (13, exception("E"), Some(Level::Warning)),
        (0, exception("E"), Some(Level::Error)),
        (0, vec![], None),
    ] {
        let found = occurrences(parse(&logs(json!([record(severity, attributes)])), Signal::Logs));
        assert_eq!(found.first().map(|one| one.level), level, "{severity}");
    }
    let place = vec![
        text("code.file.path", "/srv/cart.py"),
        text("code.function.name", "total"),
        number("code.line.number", json!("29")),
    ];
    let [plain] = occurrences(parse(&logs(json!([record(17, place)])), Signal::Logs)).try_into().expect("one error");
    let frame = &plain.stacktrace.as_ref().expect("a stack").frames[0];
    assert_eq!(
        (plain.message.as_str(), frame.lineno, frame.function.as_deref()),
        ("could not total", Some(29), Some("total"))
    );
    let named = json!({ "severityNumber": "SEVERITY_NUMBER_FATAL2", "body": { "kvlistValue": { "values": [text("message", "stuck"), text("a", "b")] } } });
    let [named] = occurrences(parse(&logs(json!([named])), Signal::Logs)).try_into().expect("one error");
    assert_eq!(
        (named.level, named.message.as_str(), &named.extra["body"]),
        (Level::Fatal, "stuck", &json!({ "a": "b" }))
    );
}

/// An application that exports both sends an exception twice, and an exporter repeats a batch whose answer was lost.
#[test]
fn an_exception_has_one_id_however_it_is_sent() {
    let log = parse(&logs(json!([record(17, exception("CartError"))])), Signal::Logs);
    let span_event =
        parse(&spans(json!([span(2, 2, json!([event("__main__.CartError"), event("CartError")]))])), Signal::Traces);
    assert_eq!(log.event_ids.len(), 1);
    assert_eq!(log.event_ids, span_event.event_ids);

    let plain = |text: &str, before: usize| {
        let mut records =
            vec![json!({ "severityNumber": 9, "body": { "stringValue": "before" }, "traceId": TRACE }); before];
        records.push(
            json!({ "timeUnixNano": "1", "severityNumber": 17, "body": { "stringValue": text }, "traceId": TRACE }),
        );
        parse(&logs(records.into()), Signal::Logs).event_ids
    };
    assert_eq!(plain("a", 0), plain("a", 3), "whatever else is in the batch");
    assert_ne!(plain("a", 0), plain("b", 0));
    let mut other = exception("CartError");
    other[1] = text("exception.message", "another");
    assert_ne!(parse(&logs(json!([record(17, other)])), Signal::Logs).event_ids, log.event_ids);
}

/// Encodes OTLP's JSON as protobuf, by the numbers of the fields.
fn protobuf(message: &str, value: &Value) -> Vec<u8> {
    let fields: &[(&str, u64, &str)] = match message {
        "logs" => &[("resourceLogs", 1, "resource")],
        "resource" => &[("resource", 1, "attributes"), ("scopeLogs", 2, "scoped")],
        "attributes" => &[("attributes", 1, "pair")],
        "scoped" => &[("scope", 1, "scope"), ("logRecords", 2, "record")],
        "scope" => &[("name", 1, "text"), ("version", 2, "text")],
        "record" => &[
            ("timeUnixNano", 1, "fixed"),
            ("severityNumber", 2, "varint"),
            ("body", 5, "any"),
            ("attributes", 6, "pair"),
            ("traceId", 9, "hex"),
            ("spanId", 10, "hex"),
        ],
        "pair" => &[("key", 1, "text"), ("value", 2, "any")],
        "any" => &[("stringValue", 1, "text"), ("intValue", 3, "varint"), ("arrayValue", 5, "array")],
        "array" => &[("values", 1, "any")],
        _ => &[],
    };
    let mut out = Vec::new();
    for (name, tag, kind) in fields {
        let values = match &value[name] {
            Value::Null => continue,
            Value::Array(list) => list.clone(),
            one => vec![one.clone()],
        };
        for value in values {
            let digits = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            match *kind {
                "text" => put_bytes(&mut out, *tag, digits.as_bytes()),
                "hex" => put_bytes(
                    &mut out,
                    *tag,
                    &(0..digits.len() / 2)
                        .map(|at| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).expect("hex"))
                        .collect::<Vec<_>>(),
                ),
                "varint" => {
                    put_varint(&mut out, tag << 3);
                    put_varint(&mut out, digits.parse().expect("a number"));
                }
                "fixed" => {
                    put_varint(&mut out, tag << 3 | 1);
                    out.extend(digits.parse::<u64>().expect("a number").to_le_bytes());
                }
                inner => put_bytes(&mut out, *tag, &protobuf(inner, &value)),
            }
        }
    }
    out
}

#[test]
fn protobuf_and_json_are_the_same() {
    let mut attributes = exception("CartError");
    attributes.push(number("cart", json!(4711)));
    attributes.push(
        json!({ "key": "list", "value": { "arrayValue": { "values": [{ "intValue": 1 }, { "stringValue": "a" }] } } }),
    );
    let request = logs(json!([record(9, vec![]), record(17, attributes)]));
    let bytes = protobuf("logs", &request);
    let binary = Batch::parse(&bytes, Signal::Logs, Encoding::Protobuf).expect("a request");
    let text = parse(&request, Signal::Logs);
    assert_eq!((&binary.event_ids, binary.others), (&text.event_ids, text.others));
    assert_eq!(occurrences(binary), occurrences(text));
    for cut in 1..bytes.len() {
        if let Err(refusal) = Batch::parse(&bytes[..cut], Signal::Logs, Encoding::Protobuf) {
            assert_eq!(refusal.reason, Reason::BodyInvalid, "{cut}");
        }
    }
}

#[test]
fn hostile_batches_are_bounded() {
    let deep = (0..200).fold(Vec::new(), |inner, _| {
        let mut out = Vec::new();
        put_bytes(&mut out, 1, &inner);
        let mut any = Vec::new();
        put_bytes(&mut any, 5, &out);
        any
    });
    let wrap = |tags: &[u64], inner: &[u8]| {
        tags.iter().rev().fold(inner.to_vec(), |inner, tag| {
            let mut out = Vec::new();
            put_bytes(&mut out, *tag, &inner);
            out
        })
    };
    let deep = Batch::parse(&wrap(&[1, 2, 2, 5], &deep), Signal::Logs, Encoding::Protobuf).expect_err("too deep");
    assert!(deep.reason == Reason::BodyInvalid && deep.message.contains("deeper"), "{deep}");
    let empty = [18, 0].repeat(1 << 20);
    let many = Batch::parse(&wrap(&[1, 2], &empty), Signal::Logs, Encoding::Protobuf).expect_err("too many");
    assert_eq!(many.reason, Reason::BodyTooLargeUnpacked);

    let mut records: Vec<_> = (0..1_500)
        .map(|at| json!({ "timeUnixNano": at, "severityNumber": 17, "body": { "stringValue": "m" } }))
        .collect();
    records.push(json!({ "severityNumber": 17, "body": { "stringValue": "x".repeat(2 << 20) } }));
    let batch = parse(&logs(records.into()), Signal::Logs);
    assert_eq!((batch.event_ids.len(), batch.refused.len()), (1_000, 501));
    let large =
        parse(&logs(json!([{ "severityNumber": 17, "body": { "stringValue": "x".repeat(2 << 20) } }])), Signal::Logs);
    assert_eq!((large.event_ids.len(), large.refused[0].reason), (0, Reason::ItemTooLarge));

    // The data that all errors share is bounded.
    let mut shared = logs(json!([record(17, vec![])]));
    shared["resourceLogs"][0]["resource"]["attributes"] =
        json!([text("large", &"x".repeat(100_000)), text("service.name", "shop")]);
    let [one] = occurrences(parse(&shared, Signal::Logs)).try_into().expect("one error");
    assert_eq!((one.tags["service"].as_str(), one.contexts.get("resource")), ("shop", None));

    for (body, reason) in [
        ("", Reason::BodyNotJson),
        ("{", Reason::BodyNotJson),
        ("[]", Reason::BodyInvalid),
        (r#"{"resourceLogs":{}}"#, Reason::BodyInvalid),
    ] {
        let refusal = Batch::parse(body.as_bytes(), Signal::Logs, Encoding::Json).expect_err("refused");
        assert_eq!(refusal.reason, reason, "{body}");
    }
    for (body, signal) in [
        ("{}", Signal::Logs),
        (r#"{"resourceSpans":null}"#, Signal::Traces),
        (r#"{"resourceLogs":[7,{"scopeLogs":{}}]}"#, Signal::Logs),
    ] {
        let batch = Batch::parse(body.as_bytes(), signal, Encoding::Json).expect("an empty request");
        assert_eq!((batch.event_ids.len(), batch.others), (0, 0), "{body}");
    }
    assert!(Batch::parse(b"", Signal::Logs, Encoding::Protobuf).expect("an empty request").event_ids.is_empty());
}

#[test]
fn answers_have_the_encoding_of_the_request() {
    assert_eq!(Encoding::of("application/json; charset=utf-8"), Encoding::Json);
    assert_eq!(Encoding::of("Application/X-Protobuf"), Encoding::Protobuf);
    assert_eq!(Encoding::of(""), Encoding::Json);
    assert_eq!(encode_partial(Signal::Logs, Encoding::Json, &[]), b"{}");
    assert_eq!(encode_partial(Signal::Logs, Encoding::Protobuf, &[]), b"");
    let refused = vec![model::outcome::Refusal::new(Reason::ItemTooLarge, "m"); 300];
    let json: Value = serde_json::from_slice(&encode_partial(Signal::Traces, Encoding::Json, &refused)).expect("JSON");
    assert_eq!(json, json!({ "partialSuccess": { "rejectedSpans": "300", "errorMessage": "m" } }));
    assert_eq!(encode_partial(Signal::Logs, Encoding::Protobuf, &refused), [10, 6, 8, 0xac, 2, 18, 1, b'm']);
    assert_eq!(encode_status("no"), [18, 2, b'n', b'o']);
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_refused_or_become_occurrences(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
        for signal in [Signal::Logs, Signal::Traces] {
            for encoding in [Encoding::Protobuf, Encoding::Json] {
                if let Ok(batch) = Batch::parse(&bytes, signal, encoding) {
                    occurrences(batch);
                }
            }
        }
    }
}

/// The keys of a stored error may have any type.
#[test]
fn any_stored_error_becomes_an_occurrence() {
    let received = Received {
        event_id: model::id::EventId::from_bytes([7; 16]),
        received_at: Timestamp::from_seconds(NOW),
        sent_at: None,
        client_ip: None,
    };
    for key in [
        "resource",
        "attributes",
        "span",
        "scope",
        "status",
        "body",
        "severityNumber",
        "timeUnixNano",
        "crumbs",
        "traceId",
    ] {
        for value in [json!(7), json!("x"), json!([[1]]), json!({ "a": 1 }), Value::Null] {
            normalise(Map::from_iter([(key.to_owned(), value)]), &received);
        }
    }
}
