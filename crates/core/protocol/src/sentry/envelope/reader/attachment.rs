//! Reads attachments of occurrences for download.

use model::occurrence::Attachment;

use super::super::framing::Framing;
use super::super::header::Head;
use super::super::{EnvelopeItem, ItemKind};
use super::payload::wrong_length;
use super::{ReadStep, Reader, ReaderState};

/// How many bytes of an attachment are held: all of the largest, and the line end after it.
const MAX_HELD: usize = Attachment::MAX_SIZE + 2;

impl Reader {
    /// Reads an attachment. One that is over a limit is described, and skipped.
    pub(super) fn read_attachment(&mut self, head: Head) -> ReadStep {
        if head.length.is_some_and(|length| self.attachments.check(length as u64).is_some()) {
            return self.read_aside(head);
        }
        match self.framing(&head) {
            Framing::Whole { payload, next } => self.keep_attachment(head, payload, next),
            Framing::Wrong => {
                self.refuse_item(wrong_length(head.length));
                self.go_to(ReaderState::Resync)
            }
            Framing::Unknown if self.rest().len() <= MAX_HELD => self.wait(ReaderState::Payload { head, waits: false }),
            Framing::Unknown => self.skip_payload(head),
        }
    }

    fn keep_attachment(&mut self, head: Head, payload: usize, next: usize) -> ReadStep {
        let size = payload as u64;
        let attachment = head.attachment.map(|attachment| self.attachments.keep(*attachment, size));
        let is_kept = attachment.as_ref().is_some_and(|attachment| attachment.discarded.is_none());
        let content = if is_kept { self.rest()[..payload].to_vec() } else { Vec::new() };
        let (index, kind) = (self.index, ItemKind::Attachment);
        self.envelope.items.push(EnvelopeItem { index, kind, event_id: None, payload: content, size, attachment });
        self.index += 1;
        self.take(next);
        self.go_to(ReaderState::Between)
    }
}
