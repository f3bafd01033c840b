use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::outcome::Reason;

/// A file that a client sent with an event. Its position in the event's list is its number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Attachment {
    /// The file name, as the client sent it.
    pub name: String,
    /// The content type, as the client sent it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// Its purpose, as in the Sentry protocol, such as `event.view_hierarchy`.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The size in bytes.
    pub size: u64,
    /// Why it is not stored; missing if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discarded: Option<AttachmentLoss>,
}

/// Why an attachment is not stored. Its event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum AttachmentLoss {
    #[serde(rename = "item_too_large")]
    TooLarge,
    #[serde(rename = "attachments_too_many")]
    TooMany,
    #[serde(rename = "attachments_not_allowed")]
    NotAllowed,
    #[serde(rename = "unavailable")]
    Unavailable,
    #[serde(rename = "item_not_stored")]
    Imported,
}

impl Attachment {
    /// The most attachments of an event that are stored.
    pub const MAX_STORED: usize = 20;
    /// The most attachments of an event that are listed, stored or not.
    pub const MAX_LISTED: usize = 100;
    /// The largest attachment, in bytes. In base64 it fits into an answer of a Lambda function.
    pub const MAX_SIZE: usize = 4 << 20;
    /// The most bytes of all stored attachments of an event.
    pub const MAX_TOTAL: usize = 16 << 20;
    /// The longest name, content type or kind, in bytes.
    pub const MAX_TEXT: usize = 255;
}

impl AttachmentLoss {
    /// The reason, as callers, counters and logs name it.
    pub fn reason(self) -> Reason {
        match self {
            Self::TooLarge => Reason::ItemTooLarge,
            Self::TooMany => Reason::AttachmentsTooMany,
            Self::NotAllowed => Reason::AttachmentsNotAllowed,
            Self::Unavailable => Reason::Unavailable,
            Self::Imported => Reason::ItemNotStored,
        }
    }

    /// The reason in words, after "not stored: ".
    pub fn words(self) -> &'static str {
        match self {
            Self::TooLarge => "larger than 4 MiB",
            Self::TooMany => "the event had more than 20 attachments, or more than 16 MiB of them",
            Self::NotAllowed => "the project does not store attachments",
            Self::Unavailable => "storage did not answer in time",
            Self::Imported => "the event was imported, and imports have no files",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An event shows the name that counters and logs use.
    #[test]
    fn a_loss_is_written_as_its_reason() {
        use AttachmentLoss::{Imported, NotAllowed, TooLarge, TooMany, Unavailable};
        for loss in [TooLarge, TooMany, NotAllowed, Unavailable, Imported] {
            assert_eq!(serde_json::to_value(loss).unwrap(), loss.reason().name());
        }
    }

    #[test]
    fn the_words_state_the_limits() {
        assert!(AttachmentLoss::TooLarge.words().contains(&format!("{} MiB", Attachment::MAX_SIZE >> 20)));
        let many = AttachmentLoss::TooMany.words();
        assert!(many.contains(&format!("{} attachments", Attachment::MAX_STORED)), "{many}");
        assert!(many.contains(&format!("{} MiB", Attachment::MAX_TOTAL >> 20)), "{many}");
    }
}
