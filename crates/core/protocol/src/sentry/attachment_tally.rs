//! Counts the attachments of a request against their limits.

use model::occurrence::{Attachment, AttachmentLoss};

/// The attachments of a request that were read so far.
#[derive(Debug, Default)]
pub(crate) struct AttachmentTally {
    count: usize,
    bytes: usize,
}

impl AttachmentTally {
    /// Why an attachment of this size, the next one, is not stored.
    pub(crate) fn check(&self, size: u64) -> Option<AttachmentLoss> {
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        if size > Attachment::MAX_SIZE {
            Some(AttachmentLoss::TooLarge)
        } else if self.count >= Attachment::MAX_STORED || self.bytes + size > Attachment::MAX_TOTAL {
            Some(AttachmentLoss::TooMany)
        } else {
            None
        }
    }

    /// Counts the next attachment, and says whether it is kept.
    pub(crate) fn keep(&mut self, attachment: Attachment, size: u64) -> Attachment {
        let discarded = self.check(size);
        self.count += 1;
        if discarded.is_none() {
            self.bytes += size as usize;
        }
        Attachment { size, discarded, ..attachment }
    }

    /// Describes an attachment whose content was not held: it is over a limit.
    pub(crate) fn discard(&mut self, attachment: Attachment, size: u64) -> Attachment {
        let attachment = self.keep(attachment, size);
        Attachment { discarded: attachment.discarded.or(Some(AttachmentLoss::TooLarge)), ..attachment }
    }
}
