//! The lines of an envelope that say what follows.

use crate::sentry::{ItemKind, moment};
use model::id::EventId;
use model::json::{self, Word};
use model::outcome::{Reason, Refusal};
use model::time::Timestamp;

/// The longest value of a header that is read, in bytes.
const MAX_WORD: usize = 2 << 10;

/// The envelope header. Only what is used is read; a value of the wrong form is as if it were missing, since none of them
/// is worth an event.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Header {
    /// The id of the event in the envelope; before the payload's own.
    pub event_id: Option<EventId>,
    /// Where the SDK meant to send it: in tunnel mode the only credentials there are. See
    /// [`Dsn::parse`](crate::sentry::auth::Dsn::parse).
    pub dsn: Option<String>,
    /// When it was sent, by the client's clock.
    pub sent_at: Option<Timestamp>,
}

impl Header {
    pub(super) fn parse(line: &[u8]) -> Result<Self, Refusal> {
        let words = json::words(line, ["event_id", "dsn", "sent_at"], MAX_WORD).map_err(|error| {
            let is_json = json::check(line, json::MAX_DEPTH).is_ok();
            let reason = if is_json { Reason::BodyInvalid } else { Reason::BodyNotJson };
            Refusal::new(
                reason,
                format!("the envelope's first line is {error}: send a JSON object, `{{}}` at the least"),
            )
        })?;
        let [event_id, dsn, sent_at] = words.0.map(|word| word.and_then(Word::text));
        Ok(Self {
            event_id: event_id.and_then(|id| EventId::parse(&id).ok()),
            dsn,
            sent_at: sent_at.and_then(|time| moment::parse(&time)),
        })
    }
}

/// An item's header.
#[derive(Clone, Debug)]
pub(super) struct Head {
    /// Its type; `None` if it has none that is a text.
    pub(super) kind: Option<ItemKind>,
    /// How many bytes its payload has, if it says so.
    pub(super) length: Option<usize>,
}

impl Head {
    /// `None` if the line is not an item's header at all.
    pub(super) fn parse(line: &[u8]) -> Option<Self> {
        let ([kind, length], _) = json::words(line, ["type", "length"], MAX_WORD).ok()?;
        // A length of another form is as if there were none: the payload's line end is as good.
        let length = length.and_then(|length| match length {
            Word::Number(digits) | Word::Text(digits) => digits.trim().trim_end_matches(".0").parse().ok(),
        });
        Some(Self { kind: kind.and_then(Word::text).map(|name| ItemKind::parse(&name)), length })
    }

    /// The head of a line that can only be an item's header: a JSON object with a `type` that is known, and without keys
    /// that only payloads have.
    pub(super) fn certain(line: &[u8]) -> Option<Self> {
        if !line.trim_ascii_start().starts_with(b"{") {
            return None;
        }
        let keys = ["type", "length", "event_id", "timestamp"];
        let ([_, _, event_id, timestamp], _) = json::words(line, keys, MAX_WORD).ok()?;
        let head = Self::parse(line)?;
        let is_known = head.kind.as_ref().is_some_and(|kind| !matches!(kind, ItemKind::Other(_)));
        (is_known && event_id.is_none() && timestamp.is_none()).then_some(head)
    }
}
