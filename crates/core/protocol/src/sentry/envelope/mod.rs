//! Envelopes: a header line, then items, each a header line and a payload.
//!
//! An envelope is read piece by piece, and only what is stored is held: items of other kinds are skipped, however large.
//! A framing fault costs the item it is in, and not even that if the item is an event whose JSON is complete; the reader
//! then goes on at the next line that can only be an item header. Sentry's own server refuses the whole envelope.

mod framing;
mod header;
mod kind;
mod reader;

pub use header::Header;
pub use kind::ItemKind;
pub use reader::Reader;

use model::id::EventId;
use model::outcome::Refusal;

/// The most items of an envelope that are looked at. SDKs send a handful.
pub const MAX_ITEMS: usize = 1_000;
/// The most events of an envelope. The protocol has one; each of several is stored.
pub const MAX_EVENTS: usize = 100;
/// How many bytes all events of an envelope may have together.
pub const MAX_STORED: usize = 16 << 20;
/// The longest first line of an envelope, in bytes. Those of SDKs have about one thousand.
pub const MAX_HEADER: usize = 64 << 10;
/// The same, before it is known whose envelope it is: the line may hold the only key.
pub const MAX_HEADER_WITHOUT_KEY: usize = 16 << 10;
/// The longest header of an item, in bytes.
pub const MAX_ITEM_HEADER: usize = 16 << 10;

/// What was read of an envelope.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Envelope {
    /// The first line.
    pub header: Header,
    /// The items that are whole, in order, of whatever kind.
    pub items: Vec<EnvelopeItem>,
    /// One for each fault, at the path `items`, index.
    pub refused: Vec<Refusal>,
}

/// One item.
#[derive(Clone, Debug, PartialEq)]
pub struct EnvelopeItem {
    /// Its place in the envelope, from 0; faulty items count.
    pub index: usize,
    /// What it is. Of an item of type `event` it is known by what is in it.
    pub kind: ItemKind,
    /// The event's own id, if it has one.
    pub event_id: Option<EventId>,
    /// An event's JSON; empty for what is not stored.
    pub payload: Vec<u8>,
    /// How many bytes its payload has.
    pub size: u64,
}

impl Envelope {
    /// Parses an envelope that is there whole. It is refused as a whole only if its first line is not a JSON object.
    pub fn parse(body: &[u8]) -> Result<Self, Refusal> {
        let mut reader = Reader::new(MAX_HEADER);
        // In pieces, so that what is skipped is not copied.
        for piece in body.chunks(64 << 10) {
            reader.push(piece)?;
        }
        reader.end()
    }
}

#[cfg(test)]
mod tests;
