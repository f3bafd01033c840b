//! The first line of an envelope.

use serde_json::{Map, Value};

use crate::id::EventId;
use crate::json::{self, Fields};
use crate::outcome::{Reason, Refusal};
use crate::time::Timestamp;

/// The envelope header. Only what is used has a type; a value of the wrong form is as if it were missing, since none of
/// them is worth an event.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Header {
    /// The id of the event in the envelope; before the payload's own.
    pub event_id: Option<EventId>,
    /// Where the SDK meant to send it: in tunnel mode the only credentials there are. See
    /// [`Dsn::parse`](crate::sentry::auth::Dsn::parse).
    pub dsn: Option<String>,
    /// When it was sent, by the client's clock.
    pub sent_at: Option<Timestamp>,
    /// The client: `name`, `version`, …
    pub sdk: Map<String, Value>,
    /// The trace; SDKs send texts, numbers and booleans alike.
    pub trace: Map<String, Value>,
    /// Every other key.
    pub other: Map<String, Value>,
}

impl Header {
    pub(super) fn parse(line: &[u8]) -> Result<Self, Refusal> {
        let header: Value = json::parse(line).map_err(|error| {
            let message = format!("the envelope's first line is {error}: send a JSON object, `{{}}` at the least");
            Refusal::new(Reason::BodyNotJson, message)
        })?;
        let Value::Object(header) = header else {
            let message = "the envelope's first line is no JSON object: send one, `{}` at the least";
            return Err(Refusal::new(Reason::BodyInvalid, message));
        };
        let mut problems = Vec::new();
        let mut fields = Fields::new(header, "", &mut problems);
        Ok(Self {
            event_id: fields.text("event_id").and_then(|id| EventId::parse(&id).ok()),
            dsn: fields.text("dsn"),
            sent_at: fields.text("sent_at").and_then(|time| Timestamp::parse(&time).ok()),
            sdk: fields.object("sdk").unwrap_or_default(),
            trace: fields.object("trace").unwrap_or_default(),
            other: fields.rest(),
        })
    }
}
