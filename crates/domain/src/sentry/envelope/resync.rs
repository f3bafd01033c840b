//! Where an envelope goes on after a framing fault.

use serde_json::Value;

use super::{ItemKind, line, payload};

/// No item header is longer, in bytes. Those of SDKs have some hundred.
const MAX_HEADER: usize = 4 << 10;

/// What is left from the next line on that can only be an item header: a short JSON object with a `type` that is known
/// and, if it has a length, with a line end where its payload ends. An event's payload is no such line even if it has a
/// `type`, since it has keys that no item header has.
pub(super) fn next_header(mut rest: &[u8]) -> &[u8] {
    while !rest.is_empty() {
        let (line, after) = line(rest);
        if is_header(line, after) {
            return rest;
        }
        rest = after;
    }
    rest
}

fn is_header(line: &[u8], after: &[u8]) -> bool {
    if line.len() > MAX_HEADER || !line.starts_with(b"{") {
        return false;
    }
    let Ok(Value::Object(header)) = serde_json::from_slice(line) else { return false };
    let known = header
        .get("type")
        .and_then(Value::as_str)
        .is_some_and(|name| !matches!(ItemKind::parse(name), ItemKind::Other(_)));
    let length = header.get("length").and_then(Value::as_u64).map(|length| length as usize);
    known && !header.contains_key("event_id") && !header.contains_key("timestamp") && payload(after, length).is_some()
}
