//! The messages of OTLP that are read, and their translation into the form of OTLP's JSON. Fields that are not listed are
//! skipped.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use model::outcome::{Reason, Refusal};
use serde_json::{Map, Value};

use super::wire::{WireFields, WireValue, refuse};

/// The fields of a message: number, name in JSON, and type.
pub(super) struct Schema(&'static [(u64, &'static str, FieldKind)]);

enum FieldKind {
    Text,
    /// An id, in JSON as hexadecimal digits.
    Id,
    /// Bytes, in JSON as base64.
    Bytes,
    Number,
    Signed,
    Bool,
    Double,
    One(&'static Schema),
    List(&'static Schema),
}

static ANY: Schema = Schema(&[
    (1, "stringValue", FieldKind::Text),
    (2, "boolValue", FieldKind::Bool),
    (3, "intValue", FieldKind::Signed),
    (4, "doubleValue", FieldKind::Double),
    (5, "arrayValue", FieldKind::One(&ARRAY)),
    (6, "kvlistValue", FieldKind::One(&KEY_VALUES)),
    (7, "bytesValue", FieldKind::Bytes),
]);
static ARRAY: Schema = Schema(&[(1, "values", FieldKind::List(&ANY))]);
static KEY_VALUES: Schema = Schema(&[(1, "values", FieldKind::List(&KEY_VALUE))]);
static KEY_VALUE: Schema = Schema(&[(1, "key", FieldKind::Text), (2, "value", FieldKind::One(&ANY))]);
static RESOURCE: Schema = Schema(&[(1, "attributes", FieldKind::List(&KEY_VALUE))]);
static SCOPE: Schema = Schema(&[(1, "name", FieldKind::Text), (2, "version", FieldKind::Text)]);
static LOG: Schema = Schema(&[
    (1, "timeUnixNano", FieldKind::Number),
    (2, "severityNumber", FieldKind::Number),
    (3, "severityText", FieldKind::Text),
    (5, "body", FieldKind::One(&ANY)),
    (6, "attributes", FieldKind::List(&KEY_VALUE)),
    (9, "traceId", FieldKind::Id),
    (10, "spanId", FieldKind::Id),
    (11, "observedTimeUnixNano", FieldKind::Number),
    (12, "eventName", FieldKind::Text),
]);
static SCOPE_LOGS: Schema = Schema(&[(1, "scope", FieldKind::One(&SCOPE)), (2, "logRecords", FieldKind::List(&LOG))]);
static RESOURCE_LOGS: Schema =
    Schema(&[(1, "resource", FieldKind::One(&RESOURCE)), (2, "scopeLogs", FieldKind::List(&SCOPE_LOGS))]);
pub(super) static LOGS: Schema = Schema(&[(1, "resourceLogs", FieldKind::List(&RESOURCE_LOGS))]);
static EVENT: Schema = Schema(&[
    (1, "timeUnixNano", FieldKind::Number),
    (2, "name", FieldKind::Text),
    (3, "attributes", FieldKind::List(&KEY_VALUE)),
]);
static STATUS: Schema = Schema(&[(2, "message", FieldKind::Text), (3, "code", FieldKind::Number)]);
static SPAN: Schema = Schema(&[
    (1, "traceId", FieldKind::Id),
    (2, "spanId", FieldKind::Id),
    (4, "parentSpanId", FieldKind::Id),
    (5, "name", FieldKind::Text),
    (6, "kind", FieldKind::Number),
    (7, "startTimeUnixNano", FieldKind::Number),
    (8, "endTimeUnixNano", FieldKind::Number),
    (9, "attributes", FieldKind::List(&KEY_VALUE)),
    (11, "events", FieldKind::List(&EVENT)),
    (15, "status", FieldKind::One(&STATUS)),
]);
static SCOPE_SPANS: Schema = Schema(&[(1, "scope", FieldKind::One(&SCOPE)), (2, "spans", FieldKind::List(&SPAN))]);
static RESOURCE_SPANS: Schema =
    Schema(&[(1, "resource", FieldKind::One(&RESOURCE)), (2, "scopeSpans", FieldKind::List(&SCOPE_SPANS))]);
pub(super) static SPANS: Schema = Schema(&[(1, "resourceSpans", FieldKind::List(&RESOURCE_SPANS))]);

/// The deepest nesting of messages. A value in a value in an attribute of a log takes about ten levels.
const MAX_DEPTH: u8 = 64;
/// The most memory that the decoded values may take, in bytes.
const MAX_MEMORY: usize = 128 << 20;
/// Estimated memory of a value, and of an object in addition.
const VALUE: usize = 96;
const OBJECT: usize = 640;

/// Decodes a message, within bounds of nesting and of memory.
pub(super) fn decode(schema: &Schema, bytes: &[u8]) -> Result<Map<String, Value>, Refusal> {
    Decoder { memory: 0 }.message(schema, bytes, MAX_DEPTH)
}

struct Decoder {
    memory: usize,
}

impl Decoder {
    fn message(&mut self, schema: &Schema, bytes: &[u8], depth: u8) -> Result<Map<String, Value>, Refusal> {
        let depth = depth.checked_sub(1).ok_or_else(|| {
            let message = format!("the body is nested deeper than {MAX_DEPTH} messages: send flatter values");
            Refusal::new(Reason::BodyInvalid, message)
        })?;
        self.spend(OBJECT)?;
        let mut map = Map::new();
        for field in WireFields(bytes) {
            let (number, value) = field?;
            let Some((_, name, kind)) = schema.0.iter().find(|(known, ..)| *known == number) else { continue };
            if let (FieldKind::List(schema), WireValue::Bytes(bytes)) = (kind, value) {
                let entry = Value::Object(self.message(schema, bytes, depth)?);
                match map.get_mut(*name) {
                    Some(Value::Array(list)) => list.push(entry),
                    _ => drop(map.insert((*name).to_owned(), vec![entry].into())),
                }
                continue;
            }
            let value = self.single(kind, value, depth)?;
            map.insert((*name).to_owned(), value);
        }
        Ok(map)
    }

    fn single(&mut self, kind: &FieldKind, value: WireValue<'_>, depth: u8) -> Result<Value, Refusal> {
        self.spend(VALUE)?;
        Ok(match (kind, value) {
            (FieldKind::Text, WireValue::Bytes(bytes)) => {
                self.spend(bytes.len())?;
                String::from_utf8_lossy(bytes).into()
            }
            (FieldKind::Id, WireValue::Bytes(bytes)) => {
                bytes.iter().take(32).map(|byte| format!("{byte:02x}")).collect::<String>().into()
            }
            (FieldKind::Bytes, WireValue::Bytes(bytes)) => {
                self.spend(2 * bytes.len())?;
                STANDARD.encode(bytes).into()
            }
            (FieldKind::Number, WireValue::Varint(number) | WireValue::Fixed64(number)) => number.into(),
            (FieldKind::Signed, WireValue::Varint(number)) => number.cast_signed().into(),
            (FieldKind::Bool, WireValue::Varint(number)) => (number != 0).into(),
            (FieldKind::Double, WireValue::Fixed64(bits)) => {
                let number = f64::from_bits(bits);
                serde_json::Number::from_f64(number).map_or_else(|| number.to_string().into(), Value::Number)
            }
            (FieldKind::One(schema), WireValue::Bytes(bytes)) => self.message(schema, bytes, depth)?.into(),
            _ => return Err(refuse()),
        })
    }

    fn spend(&mut self, bytes: usize) -> Result<(), Refusal> {
        self.memory += bytes;
        if self.memory <= MAX_MEMORY {
            return Ok(());
        }
        let message = format!(
            "the body has too many values: they take more than {MAX_MEMORY} bytes of memory: send fewer records at once"
        );
        Err(Refusal::new(Reason::BodyTooLargeUnpacked, message))
    }
}
