//! The header of an envelope, and the headers of its items.

use crate::sentry::{ItemKind, moment};
use model::id::EventId;
use model::json::{self, Word};
use model::occurrence::Attachment;
use model::outcome::{Reason, Refusal};
use model::time::Timestamp;

/// The longest header value that is read, in bytes.
const MAX_WORD: usize = 2 << 10;

/// The envelope header. Only the values that are used are read. A value of the wrong type is treated as missing, since
/// none of them is worth losing an event.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Header {
    /// The id of the event in the envelope. It takes precedence over the id in the payload.
    pub event_id: Option<EventId>,
    /// The DSN that the SDK sends to. In tunnel mode it is the only place with credentials. See
    /// [`Dsn::parse`](crate::sentry::auth::Dsn::parse).
    pub dsn: Option<String>,
    /// When the envelope was sent, by the client's clock.
    pub sent_at: Option<Timestamp>,
}

impl Header {
    pub(super) fn parse(line: &[u8]) -> Result<Self, Refusal> {
        let words = json::words(line, ["event_id", "dsn", "sent_at"], MAX_WORD).map_err(|error| {
            let is_json = json::check(line, json::MAX_DEPTH).is_ok();
            let reason = if is_json { Reason::BodyInvalid } else { Reason::BodyNotJson };
            Refusal::new(reason, format!("the envelope's first line is {error}: send a JSON object, at least `{{}}`"))
        })?;
        let [event_id, dsn, sent_at] = words.0.map(|word| word.and_then(Word::text));
        Ok(Self {
            event_id: event_id.and_then(|id| EventId::parse(&id).ok()),
            dsn,
            sent_at: sent_at.and_then(|time| moment::parse(&time)),
        })
    }
}

/// The name of an attachment without a name.
const NO_NAME: &str = "attachment";

/// The header of an item.
#[derive(Clone, Debug)]
pub(super) struct Head {
    /// The type, or `None` if it is missing or not a string.
    pub(super) kind: Option<ItemKind>,
    /// The length of the payload in bytes, if it is given.
    pub(super) length: Option<usize>,
    /// The description of an attachment.
    pub(super) attachment: Option<Box<Attachment>>,
}

impl Head {
    /// Parses the header of an item. `None` if the line cannot be one.
    pub(super) fn parse(line: &[u8]) -> Option<Self> {
        let keys = ["type", "length", "filename", "content_type", "attachment_type"];
        let ([kind, length, name, content_type, role], _) = json::words(line, keys, MAX_WORD).ok()?;
        // A malformed length is treated as missing, since the line end of the payload is good enough.
        let length = length.and_then(|length| match length {
            Word::Number(digits) | Word::Text(digits) => digits.trim().trim_end_matches(".0").parse().ok(),
        });
        let kind = kind.and_then(Word::text).map(|name| ItemKind::parse(&name));
        let attachment = (kind == Some(ItemKind::Attachment)).then(|| {
            let text = |word: Option<Word>| {
                let text = word.and_then(Word::text).map(|text| text.trim().to_owned());
                let text = text.filter(|text| !text.is_empty())?;
                Some(text[..text.floor_char_boundary(Attachment::MAX_TEXT)].to_owned())
            };
            let (name, content_type, role) = (text(name), text(content_type), text(role));
            let name = name.unwrap_or_else(|| NO_NAME.to_owned());
            Box::new(Attachment { name, content_type, kind: role, size: 0, discarded: None })
        });
        Some(Self { kind, length, attachment })
    }

    /// A header of nothing: what is skipped after it is not an item.
    pub(super) fn none() -> Self {
        Self { kind: None, length: None, attachment: None }
    }

    /// Parses a line that must be the header of an item: a JSON object with a known `type`, and without keys that only
    /// payloads have.
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
