//! Envelopes: a header line, then items, each with a header line and a payload.
//!
//! An envelope is read piece by piece, and only events, feedback and attachments within their limits are kept in memory. Items of other types are skipped, however
//! large they are. A framing error affects only its item, and not even that if the item is an event with complete JSON.
//! The reader then continues at the next line that can only be an item header. Sentry's own server refuses the whole
//! envelope.

mod framing;
mod header;
mod kind;
mod reader;

pub use header::Header;
pub use kind::ItemKind;
pub use reader::Reader;

use model::id::EventId;
use model::occurrence::Attachment;
use model::outcome::Refusal;

/// The most items of an envelope that are read. SDKs send only a few.
pub const MAX_ITEMS: usize = 1_000;
/// The most events in an envelope. The protocol allows one, but if there are several, each is stored.
pub const MAX_EVENTS: usize = 100;
/// The most bytes of all events in an envelope together.
pub const MAX_STORED: usize = 16 << 20;
/// The longest envelope header, in bytes. SDKs send about 1,000.
pub const MAX_HEADER: usize = 64 << 10;
/// The longest envelope header before the sender is known, in bytes. The header may contain the only key.
pub const MAX_HEADER_WITHOUT_KEY: usize = 16 << 10;
/// The longest item header, in bytes.
pub const MAX_ITEM_HEADER: usize = 16 << 10;

/// The items that were read from an envelope.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Envelope {
    pub header: Header,
    /// The complete items of all types, in order.
    pub items: Vec<EnvelopeItem>,
    /// One refusal for each error, with the path `items`, index.
    pub refused: Vec<Refusal>,
}

/// An item of an envelope.
#[derive(Clone, Debug, PartialEq)]
pub struct EnvelopeItem {
    /// Its position in the envelope, from 0. Faulty items count.
    pub index: usize,
    /// The type. For items of type `event`, this is the type found in the payload.
    pub kind: ItemKind,
    /// The `event_id` in the payload, if it has one. That of a user report names the event that the report is about.
    pub event_id: Option<EventId>,
    /// The JSON of an occurrence, or the content of an attachment that is within its limits. Empty for other items.
    pub payload: Vec<u8>,
    /// The size of the payload in bytes.
    pub size: u64,
    /// The description of an attachment. It says whether the attachment is over a limit.
    pub attachment: Option<Attachment>,
}

impl Envelope {
    /// Parses a complete envelope. It is refused as a whole only if its header is not a JSON object.
    pub fn parse(body: &[u8]) -> Result<Self, Refusal> {
        let mut reader = Reader::new(MAX_HEADER);
        // In pieces, so that skipped items are not copied.
        for piece in body.chunks(64 << 10) {
            reader.push(piece)?;
        }
        reader.end()
    }
}

#[cfg(test)]
mod tests;
