//! Envelopes: a header line, then items, each a header line and a payload.
//!
//! A framing fault costs the item it is in. The parser then goes on at the next line that can only be an item header
//! (see `resync`); Sentry's own server refuses the whole envelope.

mod header;
mod kind;
mod resync;

pub use header::Header;
pub use kind::ItemKind;
use serde_json::{Map, Value};

use crate::json;
use crate::outcome::{Reason, Refusal};

/// The most items of an envelope that are looked at. SDKs send a handful; a body of nothing but item headers would
/// otherwise take a multiple of its size in memory.
pub const MAX_ITEMS: usize = 1_000;

/// A parsed envelope. Payloads are slices of the body.
#[derive(Clone, Debug, PartialEq)]
pub struct Envelope<'a> {
    /// The first line.
    pub header: Header,
    /// The items whose framing is right, in order, of whatever type.
    pub items: Vec<Item<'a>>,
    /// One for each fault, at the path `items`, index.
    pub refused: Vec<Refusal>,
}

/// One item.
#[derive(Clone, Debug, PartialEq)]
pub struct Item<'a> {
    /// Its place in the envelope, from 0; faulty items count.
    pub index: usize,
    /// Its type.
    pub kind: ItemKind,
    /// The header's length, if it has one.
    pub length: Option<usize>,
    /// Every other key of the header.
    pub headers: Map<String, Value>,
    /// What it holds.
    pub payload: &'a [u8],
}

impl<'a> Envelope<'a> {
    /// Parses an envelope. It is refused as a whole only if its first line is no JSON object.
    pub fn parse(body: &'a [u8]) -> Result<Self, Refusal> {
        let (first, mut rest) = line(body);
        let mut envelope = Self { header: Header::parse(first)?, items: Vec::new(), refused: Vec::new() };
        let mut index = 0;
        while let Some(at) = rest.iter().position(|byte| !byte.is_ascii_whitespace()) {
            rest = &rest[at..];
            if index == MAX_ITEMS {
                let message = format!("an envelope has at most {MAX_ITEMS} items: send the rest in another");
                envelope.refused.push(refusal(index, message));
                break;
            }
            match item(index, rest) {
                Ok((item, after)) => {
                    envelope.items.push(item);
                    rest = after;
                }
                Err(Fault { message, after }) => {
                    envelope.refused.push(refusal(index, message));
                    rest = resync::next_header(after);
                }
            }
            index += 1;
        }
        Ok(envelope)
    }
}

/// A framing fault, and where to look for the next item.
struct Fault<'a> {
    message: String,
    after: &'a [u8],
}

fn refusal(index: usize, message: String) -> Refusal {
    Refusal::new(Reason::ItemInvalid, message).at(["items", &index.to_string()])
}

/// The item at the start of `rest`, and what follows it.
fn item(index: usize, rest: &[u8]) -> Result<(Item<'_>, &[u8]), Fault<'_>> {
    let (line, body) = line(rest);
    let fault = |message: &str, after| Fault { message: message.to_owned(), after };
    let Ok(Value::Object(mut headers)) = json::parse(line) else {
        return Err(fault("an item header is no JSON object: send one with a text `type`", body));
    };
    // A length of the wrong form is as if there were none: the payload's line end is as good.
    let length = headers.remove("length").and_then(|length| length.as_u64()).map(|length| length as usize);
    let Some((payload, after)) = payload(body, length) else {
        let message = format!(
            "an item's length is {} bytes, but no line end is there: send the payload's length in bytes",
            length.unwrap_or_default()
        );
        return Err(Fault { message, after: body });
    };
    match headers.remove("type") {
        Some(Value::String(kind)) => {
            Ok((Item { index, kind: ItemKind::parse(&kind), length, headers, payload }, after))
        }
        // Its end is known if it has a length; without one, its payload may itself look like an item header.
        Some(_) | None => {
            let after = if length.is_some() { after } else { body };
            Err(fault("an item header has no text `type`: send one, such as `event`", after))
        }
    }
}

/// The payload at the start of `body`, and what follows it; `None` if it does not end where `length` says.
fn payload(body: &[u8], length: Option<usize>) -> Option<(&[u8], &[u8])> {
    let Some(length) = length else { return Some(line(body)) };
    let (payload, after) = body.split_at_checked(length)?;
    match after.first() {
        None => Some((payload, after)),
        Some(b'\n') => Some((payload, &after[1..])),
        Some(_) => None,
    }
}

/// The first line without its end, and what follows.
fn line(bytes: &[u8]) -> (&[u8], &[u8]) {
    match bytes.iter().position(|&byte| byte == b'\n') {
        Some(end) => (&bytes[..end], &bytes[end + 1..]),
        None => (bytes, &[]),
    }
}

#[cfg(test)]
mod tests;
