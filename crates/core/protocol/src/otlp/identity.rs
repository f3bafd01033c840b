//! Ids of events. Exporters repeat a request whose answer was lost, and an application that exports both logs and traces
//! sends an exception twice.

use model::id::EventId;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::select::OtlpError;

/// Returns the id of an error. An exception in a span has one id, whether a log or the span has it, and however its type
/// is written. Anything else has the id of its content.
pub(super) fn event_id(error: &OtlpError) -> EventId {
    let text = |key: &str| error.get(key).and_then(Value::as_str).unwrap_or_default();
    let of_exception = |name: &str| error.get("attributes").and_then(|own| own.get(name)).and_then(Value::as_str);
    let span = text("spanId").to_ascii_lowercase();
    let is_span = !span.is_empty() && span.bytes().any(|digit| digit != b'0');
    let (kind, message) = (of_exception("exception.type"), of_exception("exception.message"));
    let mut hash = Sha256::new();
    if is_span && (kind.is_some() || message.is_some()) {
        let kind = kind.unwrap_or_default();
        let kind = kind.rsplit(['.', ':', '\\', '$', '/']).next().unwrap_or_default();
        let trace = text("traceId").to_ascii_lowercase();
        for part in [trace.as_str(), span.as_str(), kind, message.unwrap_or_default()] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
    } else {
        // Breadcrumbs depend on what else was in the request.
        for (key, value) in error.iter().filter(|(key, _)| key.as_str() != "crumbs") {
            hash.update(key);
            hash.update(value.to_string());
        }
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    EventId::from_bytes(bytes)
}
