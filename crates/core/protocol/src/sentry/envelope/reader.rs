//! Reads an envelope piece by piece.

mod attachment;
mod payload;

use super::framing::Framing;
use super::header::Head;
use super::{Envelope, Header, ItemKind, MAX_ITEM_HEADER, MAX_ITEMS};
use crate::sentry::attachment_tally::AttachmentTally;
use model::outcome::{Reason, Refusal};

/// How many bytes are held of an item that is not stored. If its length turns out to be wrong, they are searched for
/// items.
const MAX_HELD_ASIDE: usize = 256 << 10;

/// Reads an envelope piece by piece. It holds the events, the attachments within their limits, and a few megabytes in
/// addition.
pub struct Reader {
    max_header: usize,
    envelope: Envelope,
    has_header: bool,
    state: ReaderState,
    /// Bytes that were pushed. Those from `at` on are not processed yet.
    pub(super) held: Vec<u8>,
    /// The position in `held` up to which bytes are processed.
    at: usize,
    /// How many of the unprocessed bytes are known to contain no line end.
    scanned: usize,
    /// Whether the envelope is complete: no more bytes will be pushed.
    ended: bool,
    /// The index of the next item.
    index: usize,
    searches: usize,
    stored: usize,
    events: usize,
    attachments: AttachmentTally,
}

enum ReaderState {
    /// Before the envelope header.
    Header,
    /// Before an item header, or blank lines before it.
    Between,
    /// Before the payload of an item. If `waits`, an event whose end was not found is checked again when the maximum is
    /// held.
    Payload { head: Head, waits: bool },
    /// Inside the payload of an item that is not stored. It has `size` bytes, of which `left` are still to come.
    Skipping { head: Head, left: u64, size: u64 },
    /// After such a payload.
    Skipped { head: Head, size: u64 },
    /// Inside a line that is too long to be of interest. It may be the payload of an item that is not stored.
    DroppingLine { head: Head, size: u64, to_resync: bool },
    /// After an error: before a line that may be an item header.
    Resync,
    /// The rest is ignored.
    Done,
}

/// Whether the bytes that are held can be processed further.
enum ReadStep {
    Again,
    NeedsMore,
}

impl Reader {
    /// Creates a reader. The envelope header may have at most `max_header` bytes.
    pub fn new(max_header: usize) -> Self {
        Self {
            max_header,
            envelope: Envelope::default(),
            has_header: false,
            state: ReaderState::Header,
            held: Vec::new(),
            at: 0,
            scanned: 0,
            ended: false,
            index: 0,
            searches: 0,
            stored: 0,
            events: 0,
            attachments: AttachmentTally::default(),
        }
    }

    /// Returns the envelope header, once it was read.
    pub fn header(&self) -> Option<&Header> {
        self.has_header.then_some(&self.envelope.header)
    }

    /// Reads the next bytes. Fails only if the envelope header is not a JSON object or is too long.
    pub fn push(&mut self, mut bytes: &[u8]) -> Result<(), Refusal> {
        if let ReaderState::Skipping { left, .. } = &mut self.state {
            // `held` is empty in this state.
            let skipped = bytes.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
            *left -= skipped as u64;
            bytes = &bytes[skipped..];
        }
        if !matches!(self.state, ReaderState::Done) {
            self.held.extend_from_slice(bytes);
        }
        self.go()
    }

    /// Returns the envelope at its end.
    pub fn end(mut self) -> Result<Envelope, Refusal> {
        self.ended = true;
        self.go()?;
        Ok(self.envelope)
    }

    /// Returns the complete items of an envelope that broke off.
    pub fn break_off(self) -> Envelope {
        self.envelope
    }

    fn go(&mut self) -> Result<(), Refusal> {
        while let ReadStep::Again = self.step()? {}
        self.held.drain(..self.at);
        self.at = 0;
        Ok(())
    }

    fn step(&mut self) -> Result<ReadStep, Refusal> {
        match std::mem::replace(&mut self.state, ReaderState::Done) {
            ReaderState::Header => self.read_header(),
            ReaderState::Between => Ok(self.read_head()),
            ReaderState::Payload { head, waits } => Ok(match head.kind {
                Some(ItemKind::Attachment) => self.read_attachment(head),
                Some(ref kind) if kind.is_stored() => self.read_event(head, waits),
                _ => self.read_aside(head),
            }),
            ReaderState::Skipping { head, left, size } => Ok(self.skip(head, left, size)),
            ReaderState::Skipped { head, size } => Ok(self.end_skipped(head, size)),
            ReaderState::DroppingLine { head, size, to_resync } => Ok(self.drop_line(head, size, to_resync)),
            ReaderState::Resync => Ok(self.resync()),
            ReaderState::Done => {
                self.take(self.rest().len());
                Ok(ReadStep::NeedsMore)
            }
        }
    }

    fn rest(&self) -> &[u8] {
        &self.held[self.at..]
    }

    fn take(&mut self, count: usize) {
        self.at += count;
        self.scanned = 0;
    }

    fn wait(&mut self, state: ReaderState) -> ReadStep {
        self.state = state;
        ReadStep::NeedsMore
    }

    fn go_to(&mut self, state: ReaderState) -> ReadStep {
        self.state = state;
        ReadStep::Again
    }

    /// Returns the end of the first unprocessed line, if its line end was received.
    fn line_end(&mut self) -> Option<usize> {
        let found = self.rest()[self.scanned..].iter().position(|&byte| byte == b'\n').map(|at| self.scanned + at);
        self.scanned = found.unwrap_or(self.rest().len());
        found
    }

    /// Returns the end of the first unprocessed line, and the start of the next, if the line is complete.
    fn line(&mut self) -> Option<(usize, usize)> {
        let end = self.line_end();
        let all = self.rest().len();
        end.map(|end| (end, end + 1)).or(self.ended.then_some((all, all)))
    }

    fn read_header(&mut self) -> Result<ReadStep, Refusal> {
        let line = self.line();
        if line.map_or(self.rest().len(), |(end, _)| end) > self.max_header {
            let message = format!("the envelope's first line has more than {} bytes: send less in it", self.max_header);
            return Err(Refusal::new(Reason::BodyInvalid, message));
        }
        let Some((end, next)) = line else { return Ok(self.wait(ReaderState::Header)) };
        self.envelope.header = Header::parse(&self.rest()[..end])?;
        self.has_header = true;
        self.take(next);
        Ok(self.go_to(ReaderState::Between))
    }

    fn read_head(&mut self) -> ReadStep {
        let is_blank = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0;
        let blank = self.rest().iter().position(|byte| !is_blank(byte)).unwrap_or(self.rest().len());
        if blank > 0 {
            self.take(blank);
        }
        if self.rest().is_empty() {
            return self.wait(ReaderState::Between);
        }
        if self.index == MAX_ITEMS {
            self.refuse(format!("an envelope has at most {MAX_ITEMS} items: send the others in another"));
            return self.go_to(ReaderState::Done);
        }
        let line = self.line();
        if line.map_or(self.rest().len(), |(end, _)| end) > MAX_ITEM_HEADER {
            self.refuse_item(format!("an item header has more than {MAX_ITEM_HEADER} bytes: send less in it"));
            return self.go_to(ReaderState::DroppingLine { head: Head::none(), size: 0, to_resync: true });
        }
        let Some((end, next)) = line else { return self.wait(ReaderState::Between) };
        let head = Head::parse(&self.rest()[..end]);
        self.take(next);
        match head {
            // With a length, the end of the payload is known. Without a length, the payload may itself look like an
            // item header.
            Some(head) if head.kind.is_some() || head.length.is_some() => {
                self.go_to(ReaderState::Payload { head, waits: false })
            }
            Some(_) => {
                self.refuse_item(NO_TYPE.to_owned());
                self.go_to(ReaderState::Resync)
            }
            None => {
                self.refuse_item("an item header is not a JSON object: send one with a string `type`".to_owned());
                self.go_to(ReaderState::Resync)
            }
        }
    }

    fn drop_line(&mut self, head: Head, size: u64, to_resync: bool) -> ReadStep {
        match self.line() {
            None => {
                let size = size + self.rest().len() as u64;
                self.take(self.rest().len());
                self.wait(ReaderState::DroppingLine { head, size, to_resync })
            }
            Some((end, next)) => {
                self.take(next);
                match head.kind {
                    Some(_) => self.put_aside(head, size + end as u64),
                    None => self.go_to(if to_resync { ReaderState::Resync } else { ReaderState::Between }),
                }
            }
        }
    }

    /// Continues at the next line that must be an item header. If that header has a length, a line end must follow the
    /// payload. The payload of an event does not qualify, even if it has a `type`.
    fn resync(&mut self) -> ReadStep {
        if self.rest().is_empty() {
            return self.wait(ReaderState::Resync);
        }
        let Some((end, next)) = self.line() else {
            if self.rest().len() > MAX_ITEM_HEADER {
                return self.go_to(ReaderState::DroppingLine { head: Head::none(), size: 0, to_resync: true });
            }
            return self.wait(ReaderState::Resync);
        };
        let head = if end <= MAX_ITEM_HEADER { Head::certain(&self.rest()[..end]) } else { None };
        let fits = match head.as_ref().map(|head| head.length) {
            None => Some(false),
            Some(None) => Some(true),
            Some(Some(length)) => match Framing::by_length(&self.rest()[next..], length, self.ended) {
                Framing::Whole { .. } => Some(true),
                Framing::Wrong => Some(false),
                Framing::Unknown => (self.rest().len() > MAX_HELD_ASIDE).then_some(true),
            },
        };
        match fits {
            Some(true) => self.go_to(ReaderState::Between),
            Some(false) => {
                self.take(next);
                self.go_to(ReaderState::Resync)
            }
            None => self.wait(ReaderState::Resync),
        }
    }

    fn refuse(&mut self, message: String) {
        self.refuse_as(invalid(message));
    }

    fn refuse_as(&mut self, refusal: Refusal) {
        self.envelope.refused.push(refusal.at(["items", &self.index.to_string()]));
    }

    fn refuse_item(&mut self, message: String) {
        self.refuse_item_as(invalid(message));
    }

    /// Refuses the current item and moves on to the next.
    fn refuse_item_as(&mut self, refusal: Refusal) {
        self.refuse_as(refusal);
        self.index += 1;
    }
}

const NO_TYPE: &str = "an item header has no string `type`: send one, such as `event`";

fn invalid(message: String) -> Refusal {
    Refusal::new(Reason::ItemInvalid, message)
}
