//! Reads the payloads of items.

use super::super::framing::{Framing, object_length};
use super::super::header::Head;
use super::super::{EnvelopeItem, ItemKind, MAX_EVENTS, MAX_STORED};
use super::{MAX_HELD_ASIDE, NO_TYPE, ReadStep, Reader, ReaderState, invalid};
use crate::sentry::Peek;
use crate::sentry::peek::{MAX_EVENT, peek};
use model::outcome::{Reason, Refusal};

/// How many bytes of an event are held while its end is searched.
const MAX_HELD: usize = MAX_EVENT + (64 << 10);
/// How many events of an envelope are searched for their end if neither length nor line end is right.
const MAX_SEARCHES: usize = 16;

impl Reader {
    pub(super) fn framing(&mut self, head: &Head) -> Framing {
        match head.length {
            Some(length) => Framing::by_length(self.rest(), length, self.ended),
            None => {
                let line_end = self.line_end();
                Framing::by_line(self.rest(), line_end, self.ended)
            }
        }
    }

    /// Reads an event, or another item that is stored. It is accepted if it ends where its header says, or else if its JSON is
    /// complete.
    pub(super) fn read_event(&mut self, head: Head, waits: bool) -> ReadStep {
        let is_all = self.ended || self.rest().len() > MAX_HELD;
        if waits && !is_all {
            return self.wait(ReaderState::Payload { head, waits });
        }
        let framing = self.framing(&head);
        let mut refusal = match framing {
            Framing::Unknown if !is_all => return self.wait(ReaderState::Payload { head, waits }),
            Framing::Unknown => too_large(),
            Framing::Wrong => invalid(wrong_length(head.length)),
            Framing::Whole { payload, next } => match peek(&self.rest()[..payload]) {
                Ok(peek) => return self.keep(&head, peek, payload, next),
                Err(refusal) => refusal,
            },
        };
        // If the event is too large, its end is right. Otherwise its end may be somewhere else.
        if refusal.reason == Reason::ItemInvalid || framing == Framing::Unknown {
            if self.searches < MAX_SEARCHES && (is_all || object_length(self.rest()).is_some()) {
                self.searches += 1;
                if let Some(end) = object_length(self.rest()) {
                    match peek(&self.rest()[..end]) {
                        Ok(peek) => return self.keep(&head, peek, end, end),
                        Err(other) if other.reason == Reason::ItemTooLarge => refusal = other,
                        Err(_) => {}
                    }
                }
            } else if self.searches < MAX_SEARCHES {
                return self.wait(ReaderState::Payload { head, waits: true });
            }
        }
        self.refuse_item_as(refusal);
        match (framing, head.length) {
            (Framing::Whole { next, .. }, _) => {
                self.take(next);
                self.go_to(ReaderState::Between)
            }
            (Framing::Unknown, Some(length)) => {
                let (size, left) = (length as u64, length.saturating_sub(self.rest().len()) as u64);
                self.take(self.rest().len());
                self.go_to(ReaderState::Skipping { head: Head::none(), left, size })
            }
            (Framing::Unknown, None) => {
                self.go_to(ReaderState::DroppingLine { head: Head::none(), size: 0, to_resync: false })
            }
            (Framing::Wrong, _) => self.go_to(ReaderState::Resync),
        }
    }

    /// Keeps the event in the first `payload` bytes of the rest.
    fn keep(&mut self, head: &Head, peek: Peek, payload: usize, next: usize) -> ReadStep {
        // Only items of type `event` may really be something else.
        let kind = head.kind.clone().filter(|kind| *kind != ItemKind::Event).unwrap_or(peek.kind);
        let (event_id, size) = (peek.event_id, payload as u64);
        let mut bytes = Vec::new();
        if kind.is_stored() {
            if self.events == MAX_EVENTS || self.stored + payload > MAX_STORED {
                let message = format!(
                    "an envelope may have at most {MAX_EVENTS} events with {MAX_STORED} bytes in total: send the others in another"
                );
                self.take(next);
                self.refuse_item(message);
                return self.go_to(ReaderState::Between);
            }
            self.events += 1;
            self.stored += payload;
            let is_blank = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0;
            let end = self.rest()[..payload].iter().rposition(|byte| !is_blank(byte)).map_or(0, |last| last + 1);
            bytes = self.rest()[..end].to_vec();
        }
        self.envelope.items.push(EnvelopeItem {
            index: self.index,
            kind,
            event_id,
            payload: bytes,
            size,
            attachment: None,
        });
        self.index += 1;
        self.take(next);
        self.go_to(ReaderState::Between)
    }

    /// Reads an item that is not stored.
    pub(super) fn read_aside(&mut self, head: Head) -> ReadStep {
        match self.framing(&head) {
            Framing::Whole { payload, next } => {
                self.take(next);
                self.put_aside(head, payload as u64)
            }
            Framing::Wrong => {
                self.refuse_item(wrong_length(head.length));
                self.go_to(ReaderState::Resync)
            }
            Framing::Unknown if self.rest().len() <= MAX_HELD_ASIDE => {
                self.wait(ReaderState::Payload { head, waits: false })
            }
            Framing::Unknown => self.skip_payload(head),
        }
    }

    /// Skips the payload of an item that is not stored, of which more bytes came than are held.
    pub(super) fn skip_payload(&mut self, head: Head) -> ReadStep {
        match head.length {
            Some(length) => {
                let skipped = self.rest().len().min(length);
                self.take(skipped);
                let (left, size) = ((length - skipped) as u64, length as u64);
                self.go_to(ReaderState::Skipping { head, left, size })
            }
            None => self.go_to(ReaderState::DroppingLine { head, size: 0, to_resync: false }),
        }
    }

    pub(super) fn put_aside(&mut self, head: Head, size: u64) -> ReadStep {
        match head.kind {
            Some(kind) => {
                let attachment = head.attachment.map(|attachment| self.attachments.discard(*attachment, size));
                let (event_id, payload) = (None, Vec::new());
                let item = EnvelopeItem { index: self.index, kind, event_id, payload, size, attachment };
                self.envelope.items.push(item);
                self.index += 1;
            }
            None => self.refuse_item(NO_TYPE.to_owned()),
        }
        self.go_to(ReaderState::Between)
    }

    pub(super) fn skip(&mut self, head: Head, left: u64, size: u64) -> ReadStep {
        let skipped = self.rest().len().min(usize::try_from(left).unwrap_or(usize::MAX));
        self.take(skipped);
        match left - skipped as u64 {
            0 => self.go_to(ReaderState::Skipped { head, size }),
            // The envelope ended early, but the item is not stored anyway.
            left if self.ended => self.put_aside(head, size - left),
            left => self.wait(ReaderState::Skipping { head, left, size }),
        }
    }

    pub(super) fn end_skipped(&mut self, head: Head, size: u64) -> ReadStep {
        match Framing::by_length(self.rest(), 0, self.ended) {
            Framing::Unknown => self.wait(ReaderState::Skipped { head, size }),
            Framing::Whole { next, .. } => {
                self.take(next);
                // An event that was too large is already refused.
                if head.kind.is_none() && head.length.is_none() {
                    return self.go_to(ReaderState::Between);
                }
                self.put_aside(head, size)
            }
            Framing::Wrong => {
                self.refuse_item(wrong_length(head.length));
                self.go_to(ReaderState::Resync)
            }
        }
    }
}

pub(super) fn wrong_length(length: Option<usize>) -> String {
    let length = length.unwrap_or_default();
    format!(
        "an item has `length` {length}, but its payload does not end there: send the length of the payload in bytes"
    )
}

fn too_large() -> Refusal {
    let message = format!("an event has more than {MAX_EVENT} bytes of JSON: send less");
    Refusal::new(Reason::ItemTooLarge, message)
}
