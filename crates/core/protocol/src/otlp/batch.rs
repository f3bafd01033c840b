//! Requests: from bytes to the errors in them, and the answers.

use model::id::EventId;
use model::json::{self, MAX_DEPTH};
use model::outcome::{Reason, Refusal};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::identity::event_id;
use super::schema::{self, decode};
use super::select::{self, Errors, OtlpError};
use super::wire::put_bytes;
use crate::sentry::MAX_EVENT;

/// How a request, and its answer, are encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Protobuf,
    Json,
}

impl Encoding {
    /// The encoding that a content type names. Exporters name protobuf; anything else is JSON.
    pub fn of(content_type: &str) -> Self {
        if content_type.to_ascii_lowercase().contains("protobuf") { Self::Protobuf } else { Self::Json }
    }

    pub fn content_type(self) -> &'static str {
        match self {
            Self::Protobuf => "application/x-protobuf",
            Self::Json => "application/json",
        }
    }
}

/// The kind of records in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    Logs,
    Traces,
}

/// The errors of a request.
#[derive(Debug, Default)]
pub struct Batch {
    pub event_ids: Vec<EventId>,
    errors: Vec<OtlpError>,
    /// The number of records that are not errors.
    pub others: usize,
    /// The errors that cannot be stored, and why.
    pub refused: Vec<Refusal>,
    /// The bytes of all errors that were looked at.
    bytes: usize,
}

impl Errors for Batch {
    fn is_full(&self) -> bool {
        self.errors.len() >= MAX_ERRORS || self.bytes > MAX_BYTES
    }

    fn add(&mut self, error: OtlpError) {
        let size = serde_json::to_string(&error).map_or(usize::MAX, |text| text.len());
        self.bytes += size;
        if size > MAX_EVENT {
            let message = format!("an error may have at most {MAX_EVENT} bytes of JSON (got {size})");
            self.refused.push(Refusal::new(Reason::ItemTooLarge, message));
            return;
        }
        let id = event_id(&error);
        // An exception that was recorded twice in a span.
        if !self.event_ids.contains(&id) {
            self.event_ids.push(id);
            self.errors.push(error);
        }
    }

    fn leave_out(&mut self) {
        let message = format!(
            "a request may have at most {MAX_ERRORS} errors, and {MAX_BYTES} bytes of them: send fewer records at once"
        );
        self.refused.push(Refusal::new(Reason::ItemInvalid, message));
    }
}

/// The form in which errors are stored in the inbox.
#[derive(Debug, Serialize, Deserialize)]
pub struct StoredBatch {
    pub errors: Vec<Map<String, Value>>,
}

/// The most errors of a request.
const MAX_ERRORS: usize = 1_000;
/// The most bytes of all errors of a request.
const MAX_BYTES: usize = 16 << 20;

impl Batch {
    /// Parses a request, and keeps the errors in it.
    pub fn parse(body: &[u8], signal: Signal, encoding: Encoding) -> Result<Self, Refusal> {
        let request = match encoding {
            Encoding::Json => parse_json(body, signal)?,
            Encoding::Protobuf => match signal {
                Signal::Logs => decode(&schema::LOGS, body)?,
                Signal::Traces => decode(&schema::SPANS, body)?,
            },
        };
        let mut batch = Self::default();
        batch.others = match signal {
            Signal::Logs => select::from_logs(&request, &mut batch),
            Signal::Traces => select::from_spans(&request, &mut batch),
        };
        Ok(batch)
    }

    /// The errors, as they are stored in the inbox.
    pub fn into_stored(self) -> StoredBatch {
        StoredBatch { errors: self.errors }
    }
}

fn parse_json(body: &[u8], signal: Signal) -> Result<Map<String, Value>, Refusal> {
    let invalid = |error: String| {
        let message = format!("the body is {error}: send an OTLP request as JSON, at most {MAX_DEPTH} levels deep");
        Refusal::new(Reason::BodyNotJson, message)
    };
    let (text, memory) = json::measure(body, MAX_DEPTH).map_err(|error| invalid(error.to_string()))?;
    if memory > 128 << 20 {
        let message =
            format!("the body has too many values: they take {memory} bytes of memory: send fewer records at once");
        return Err(Refusal::new(Reason::BodyTooLargeUnpacked, message));
    }
    let Ok(Value::Object(request)) = serde_json::from_slice(&text) else {
        return Err(Refusal::new(Reason::BodyInvalid, "the body is not an object: send an OTLP request"));
    };
    let key = match signal {
        Signal::Logs => "resourceLogs",
        Signal::Traces => "resourceSpans",
    };
    // Nothing in it could be read, so the exporter must hear of it.
    if request.get(key).is_some_and(|list| !list.is_array() && !list.is_null()) {
        return Err(Refusal::new(Reason::BodyInvalid, format!("`{key}` is not a list: send an OTLP request")));
    }
    Ok(request)
}

/// The body of a successful answer, which says how many records were refused.
pub fn encode_partial(signal: Signal, encoding: Encoding, refused: &[Refusal]) -> Vec<u8> {
    let Some(first) = refused.first() else {
        return if encoding == Encoding::Json { b"{}".to_vec() } else { Vec::new() };
    };
    match encoding {
        Encoding::Json => {
            let key = if signal == Signal::Logs { "rejectedLogRecords" } else { "rejectedSpans" };
            let partial = json!({ key: refused.len().to_string(), "errorMessage": first.message });
            json!({ "partialSuccess": partial }).to_string().into_bytes()
        }
        Encoding::Protobuf => {
            let (mut partial, mut out) = (vec![1 << 3], Vec::new());
            super::wire::put_varint(&mut partial, refused.len() as u64);
            put_bytes(&mut partial, 2, first.message.as_bytes());
            put_bytes(&mut out, 1, &partial);
            out
        }
    }
}

/// The body of a refusal as protobuf: a `google.rpc.Status`.
pub fn encode_status(message: &str) -> Vec<u8> {
    let mut out = Vec::new();
    put_bytes(&mut out, 2, message.as_bytes());
    out
}
