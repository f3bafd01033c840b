//! Stores the attachments of an event, before its message.

use std::time::Duration;

use bytes::Bytes;
use formats::inbox::{Addressee, Header, SentAttachments};
use futures_util::stream::{StreamExt, iter};
use model::id::AttachmentFolder;
use model::occurrence::{Attachment, AttachmentLoss};
use model::project::Attachments;
use tokio::time::{Instant, timeout_at};

use crate::Ingest;

/// How long the attachments of a request may take, all together. The event waits for them.
const STORE_TIMEOUT: Duration = Duration::from_secs(7);
/// How many attachments of a request are stored at the same time.
const MAX_CONCURRENT: usize = 4;

/// An attachment as it was received, and its content if it is within the limits.
pub(crate) struct SentFile {
    pub(crate) attachment: Attachment,
    pub(crate) content: Bytes,
}

impl Ingest {
    /// Whether SDKs should not send attachments, because the project does not store them.
    pub(crate) async fn discards_attachments(&self, project: &Addressee) -> bool {
        let quota = self.limiter.read_quota(project, self.clock.now()).await;
        quota.is_some_and(|quota| quota.attachments == Attachments::Discard)
    }

    /// Stores those attachments that the project allows. Returns all of them, each with the reason if it is not stored.
    ///
    /// If the project's setting cannot be read, none is stored: attachments are not scrubbed, so a project that does not
    /// want them must not get them by chance.
    pub(crate) async fn store_attachments(&self, header: &Header, files: Vec<SentFile>) -> Option<SentAttachments> {
        let event = *header.event_ids.first().filter(|_| !files.is_empty())?;
        let quota = self.limiter.read_quota(&header.project, header.received_at).await;
        let (loss, folder) = match quota {
            None => (Some(AttachmentLoss::Unavailable), None),
            Some(quota) => match quota.attachments {
                Attachments::Discard => (Some(AttachmentLoss::NotAllowed), None),
                Attachments::Store => {
                    let folder = AttachmentFolder { project: quota.project, retention: quota.retention, event };
                    (None, Some(folder))
                }
            },
        };
        let deadline = Instant::now() + STORE_TIMEOUT;
        let stored = iter(files.into_iter().enumerate()).map(|(number, SentFile { mut attachment, content })| {
            let folder = folder.as_ref().filter(|_| attachment.discarded.is_none());
            async move {
                if let Some(folder) = folder {
                    let put = self.attachments.put_attachment(folder, number, content);
                    attachment.discarded = match timeout_at(deadline, put).await {
                        Ok(Ok(())) => None,
                        Ok(Err(error)) => Some(log_loss(&error)),
                        Err(late) => Some(log_loss(&late)),
                    };
                } else {
                    attachment.discarded = attachment.discarded.or(loss);
                }
                attachment
            }
        });
        let files: Vec<_> = stored.buffered(MAX_CONCURRENT).collect().await;
        for loss in files.iter().filter_map(|file| file.discarded) {
            self.outcomes.count(loss.reason());
        }
        Some(SentAttachments { retention: folder.and_then(|folder| folder.retention), files })
    }
}

fn log_loss(error: &dyn std::fmt::Display) -> AttachmentLoss {
    tracing::warn!(error.message = %error, "failed to store an attachment");
    AttachmentLoss::Unavailable
}
