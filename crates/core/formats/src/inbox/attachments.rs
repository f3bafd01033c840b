use model::occurrence::{Attachment, AttachmentLoss};
use model::project::Retention;
use serde::{Deserialize, Serialize};

/// The attachments that a client sent with an event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SentAttachments {
    /// How long the stored ones are kept; `None` for the stack's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention: Option<Retention>,
    /// All of them, in the order in which they were sent.
    pub files: Vec<Attachment>,
}

impl SentAttachments {
    /// Whether any may be in the bucket: it is stored, or storage did not say whether it is.
    pub fn may_be_stored(&self) -> bool {
        self.files.iter().any(|file| matches!(file.discarded, None | Some(AttachmentLoss::Unavailable)))
    }
}
