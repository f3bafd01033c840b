//! Bodies, of which only the parts that ingest needs are parsed.

use std::collections::BTreeMap;

use model::json::{self, MAX_DEPTH};
use model::outcome::{Reason, Refusal};
use serde_json::value::RawValue;

use crate::sentry::{MAX_EVENT, MAX_EVENT_MEMORY};

/// An object whose values are JSON text.
pub(crate) type RawObject = BTreeMap<String, Box<RawValue>>;

/// The most memory that a parsed body may take, in bytes.
const MAX_MEMORY: usize = 128 << 20;

/// Reads the object in a body. `expected` says what it must contain, for the refusal.
pub(crate) fn read_object(body: &[u8], expected: &str) -> Result<RawObject, Refusal> {
    let (text, memory) = json::measure(body, MAX_DEPTH).map_err(|error| {
        let message = format!("the body is {error}: send {expected}, at most {MAX_DEPTH} levels deep");
        Refusal::new(Reason::BodyNotJson, message)
    })?;
    if memory > MAX_MEMORY {
        let message = format!(
            "the body has too many values: they take {memory} bytes of memory, more than {MAX_MEMORY}: send less at once"
        );
        return Err(Refusal::new(Reason::BodyTooLargeUnpacked, message));
    }
    serde_json::from_slice(&text)
        .map_err(|_| Refusal::new(Reason::BodyInvalid, format!("the body is not an object: send {expected}")))
}

/// Checks that an event is small enough to be stored and shown.
pub(crate) fn check_size(event: &RawValue) -> Result<(), Refusal> {
    let size = json::size(event.get())
        .map_err(|error| Refusal::new(Reason::ItemInvalid, format!("an event is {error}: send JSON")))?;
    if size.written <= MAX_EVENT && size.memory <= MAX_EVENT_MEMORY {
        return Ok(());
    }
    let message = if size.written > MAX_EVENT {
        format!("an event may have at most {MAX_EVENT} bytes of JSON (got {})", size.written)
    } else {
        format!(
            "an event has too many values: they take {} bytes of memory, more than {MAX_EVENT_MEMORY}: send fewer",
            size.memory
        )
    };
    Err(Refusal::new(Reason::ItemTooLarge, message))
}

/// The first character of a value says its type.
pub(crate) fn is_object(value: &RawValue) -> bool {
    value.get().starts_with('{')
}
